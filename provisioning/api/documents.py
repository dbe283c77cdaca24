"""Accounts and leases as programs see them."""

from typing import Any

from ninja import Schema
from pydantic import ConfigDict, Field

from accounts.api.words import Body, Moment, Text

MONEY = "An estimate in USD; see docs/cost.md."


class Move(Schema):
    """One step in the life of an account or a lease."""

    # “from” is a word of Python.
    model_config = ConfigDict(populate_by_name=True)

    at: Moment
    what: str
    id: str
    before: str = Field(alias="from")
    to: str
    step: str
    reason: str
    actor: str


class AccountDocument(Schema):
    """An account of the pool."""

    id: str = Field(description="AWS's id, or our number while there is none.")
    account_id: str | None
    name: str
    email: str
    source: str
    state: str
    state_since: Moment
    age_seconds: int
    step: str
    health: str
    reason: str
    overdue: str
    attempts: int
    due_at: Moment | None
    next_retry: str
    lease: str | None
    leases_served: int
    strikes: int
    drift: Any
    leftovers: Any
    certified_at: Moment | None
    certified_clean: bool | None
    cost_estimate_usd: float | None = Field(description=MONEY)
    cost_estimated_at: Moment | None
    created_at: Moment


class Certificate(Schema):
    """A proof that an account was clean, or what was left."""

    at: Moment
    is_clean: bool
    rounds: int
    regions: list[str]
    resource_types: list[str]
    leftovers: list[Any]


class WholeAccount(AccountDocument):
    """An account with its past, and what may be done to it."""

    actions: list[str]
    inventory: Any
    moves: list[Move]
    certificates: list[Certificate]
    leases: list[str]


class Accounts(Schema):
    """A page of accounts."""

    accounts: list[AccountDocument]
    next: str | None


class LeaseDocument(Schema):
    """A sandbox: an account that somebody holds for a time."""

    id: str
    state: str
    state_since: Moment
    age_seconds: int
    step: str
    progress: Any
    health: str
    reason: str
    error: str
    overdue: str
    attempts: int
    attempt: int
    swaps: int
    due_at: Moment | None
    next_retry: str
    account: str | None
    holder: str
    scope: str
    scope_label: str
    access_starts_at: Moment
    ends_at: Moment
    stops_compute: bool
    budget_usd: float | None
    cost_estimate_usd: float | None = Field(description=MONEY)
    cost_estimated_at: Moment | None
    cost_level: Any
    created_at: Moment


class WholeLease(LeaseDocument):
    """A lease with its past, and what may be done to it."""

    actions: list[str]
    outputs: Any
    inventory: Any
    moves: list[Move]
    cost_lines: Any
    cost_omits: Any


class Leases(Schema):
    """A page of leases."""

    leases: list[LeaseDocument]
    next: str | None


class ActBody(Body):
    """Why, and what the action asks; each action's own page says the same."""

    reason: Text | None = None
    confirm: Text | None = Field(None, description="The row's name, for what cannot be taken back.")
    typed_id: Text | None = Field(None, description="The account's 12-digit id.")
    ends_at: Text | None = Field(None, description="A new end, as an ISO 8601 time.")
    stop_compute: bool | None = None
    budget_usd: float | None = None
    keep: list[Text] | None = Field(None, description="ARNs that are not deleted.")


class AccountDone(Schema):
    """What was done, and the account as it is now."""

    done: str
    account: AccountDocument


class LeaseDone(Schema):
    """What was done, and the lease as it is now."""

    done: str
    lease: LeaseDocument
