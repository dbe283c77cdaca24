"""Prepared accounts: a company's own accounts, listed by id, looked through, and confirmed before anything is deleted.

docs/pool.md says what is kept and why.
"""

import csv
import re
import uuid
from collections.abc import Sequence
from datetime import datetime

from django.db import IntegrityError, transaction

from accounts.domain import audit
from provisioning.aws import sweeper
from provisioning.aws.errors import AwsError
from provisioning.aws.ownership import TAG, VALUE
from provisioning.domain import account_moves, guards
from provisioning.domain.queries.registration import found_in
from provisioning.domain.steps import registering
from provisioning.enums import AccountSource, AccountState
from provisioning.models import Account, SimulatorGeneration

MOST_AT_ONCE = 1000
_DIGITS = 12
_ID, _DASHED, _LIST = (re.compile(pattern, re.ASCII) for pattern in (r"\d{12}", r"\d{4}-\d{4}-\d{4}", r"[\d\s-]+"))
_HEADERS = ("accountid", "account", "id")
_NAME_LENGTH = Account._meta.get_field("name").max_length or 50


class UnableToRegister(Exception):
    """Accounts cannot be registered or confirmed; `problems` has one sentence each, and nothing was changed."""

    def __init__(self, *problems: str) -> None:
        super().__init__(" ".join(problems))
        self.problems = problems


class ListedId(str):
    """An account id that remembers the line on which it was listed."""

    line: int

    def on(self, line: int) -> "ListedId":
        """Remember the line."""
        self.line = line
        return self


def parse_account_ids(text: str) -> list[str]:
    """Read account ids from CSV or a plain list; with a header, from the column account_id (or account, or id).

    Raises UnableToRegister with a sentence for every line and value that is wrong.
    """
    listed: list[str] = []
    problems: list[str] = []
    column: int | None = None
    is_first = True
    lines = text.removeprefix("\ufeff").replace(";", ",").replace("\t", ",").splitlines()
    for line, raw in enumerate(lines, start=1):
        cells = [cell.strip() for cell in next(csv.reader([raw], skipinitialspace=True), [])]
        if not any(cells):
            continue
        if is_first:
            is_first = False
            column = _column(cells)
            if column is not None:
                continue
        for value in _values(cells, column):
            plain = value.replace("-", "") if _DASHED.fullmatch(value) else value
            problem = _problem(plain)
            if problem:
                hint = " Beside other columns, name it in a header line: account_id." if column is None else ""
                problems.append(f"Line {line}: {value!r} {problem}{hint}")
            else:
                listed.append(ListedId(plain).on(line))
    if not listed and not problems:
        problems.append("No account id is listed.")
    problems += _twice(listed)
    if problems:
        raise UnableToRegister(*problems)
    return listed


def _column(cells: Sequence[str]) -> int | None:
    plain = [re.sub(r"[\s_-]", "", cell.lower()) for cell in cells]
    return next((plain.index(name) for name in _HEADERS if name in plain), None)


def _values(cells: Sequence[str], column: int | None) -> list[str]:
    if column is not None:
        return list(cells[column : column + 1]) or [""]
    # In a plain list spaces part ids too; what holds letters is one wrong value.
    return [part for cell in cells if cell for part in (cell.split() if _LIST.fullmatch(cell) else [cell])]


def _problem(value: str) -> str:
    if _ID.fullmatch(value):
        return ""
    if value.isdecimal() and len(value) < _DIGITS:
        return f"has {len(value)} digits instead of {_DIGITS}; a spreadsheet may have dropped leading zeros."
    return f"is not an account id of {_DIGITS} digits."


def _twice(account_ids: Sequence[str]) -> list[str]:
    first: dict[str, str] = {}
    problems = []
    for account_id in account_ids:
        if account_id in first:
            line = getattr(first[account_id], "line", None)
            problems.append(f"{_named(account_id)} is listed twice" + (f", first on line {line}." if line else "."))
        first.setdefault(account_id, account_id)
    return problems


def _named(account_id: str) -> str:
    return f"Line {account_id.line}: {account_id}" if isinstance(account_id, ListedId) else account_id


def register(*, now: datetime, account_ids: Sequence[str], actor: uuid.UUID | None, name: str = "") -> list[Account]:
    """Put accounts on the pool's list, all of them or none; each is then looked through, read-only, by a worker.

    `name` says where they come from; without one each is called by its id. Raises UnableToRegister.
    """
    problems = [f"{_named(each)} {_problem(each)}" for each in account_ids if _problem(each)] + _twice(account_ids)
    if not account_ids:
        problems.append("No account id is listed.")
    if len(account_ids) > MOST_AT_ONCE:
        problems.append(f"Register at most {MOST_AT_ONCE} accounts at once.")
    if len(name) > _NAME_LENGTH:
        problems.append(f"The name may have at most {_NAME_LENGTH} characters.")
    if problems:
        raise UnableToRegister(*problems)
    known = dict(Account.objects.filter(account_id__in=account_ids).values_list("account_id", "state"))
    for account_id in account_ids:
        if account_id in known:
            again = "; retry it to look it through again" if known[account_id] == AccountState.RETIRED else ""
            problems.append(f"{_named(account_id)} is in the pool already ({known[account_id]}){again}.")
            continue
        try:
            guards.require_candidate(account_id)
        except guards.NeverTouch as refusal:
            problems.append(f"{_named(account_id)}: {refusal.message}")
        except AwsError as error:
            raise UnableToRegister(
                f"AWS did not say which account is the platform's own ({error}). Nothing was registered; try again."
            ) from error
    if problems:
        raise UnableToRegister(*problems)
    return _write(now, [str(account_id) for account_id in account_ids], actor, name)


def _write(now: datetime, account_ids: Sequence[str], actor: uuid.UUID | None, name: str) -> list[Account]:
    latest = SimulatorGeneration.objects.order_by("seen_at").last()
    accounts = []
    try:
        with transaction.atomic():
            for account_id in account_ids:
                account = Account.objects.create(
                    account_id=account_id,
                    source=AccountSource.PREPARED,
                    name=name or account_id,
                    state=AccountState.REGISTERED,
                    state_since=now,
                    step=registering.FIRST_STEP,
                    due_at=now,
                    generation=latest.generation if latest else "",
                    created_at=now,
                )
                account_moves.begin(now=now, account=account, actor=actor)
                audit.record(now=now, action="account.register", subject=f"account:{account_id}", actor=actor)
                accounts.append(account)
    except IntegrityError as error:
        raise UnableToRegister(
            "Somebody else has just registered some of these accounts. Nothing was registered; try again."
        ) from error
    return accounts


def confirm(
    *, now: datetime, account: Account, typed_id: str, actor: uuid.UUID | None, keep: Sequence[str] = ()
) -> Account:
    """Let a registered account be emptied of everything that was found in it but what is kept; raises UnableToRegister.

    Kept are AWS's default network, what StackSets placed, and the ARNs in `keep`, which must be among those found.
    """
    with transaction.atomic():
        account = Account.objects.select_for_update().get(pk=account.pk)
        found = found_in(account)
        if account.state != AccountState.REGISTERED:
            raise UnableToRegister(f"Account {account} is {account.state}; only a registered one is confirmed.")
        if found is None:
            raise UnableToRegister(f"Account {account} has not been looked through yet. Wait until it has.")
        if typed_id.strip() != account.account_id:
            raise UnableToRegister(f"What was typed is not {account.account_id}. Nothing was changed.")
        if not found.owner:
            raise UnableToRegister(
                f"Account {account} is not declared a sandbox: set the tag {TAG}={VALUE} on the account in the "
                "organization (where the platform cannot read that: on the platform role), then retry the account."
            )
        strange = sorted(set(keep) - {each.arn for each in found.deleted})
        if strange:
            raise UnableToRegister(*(f"{arn} is not among what would be deleted." for arn in strange))
        kept = sorted({*keep, *(each.arn for each in found.kept)})
        account_moves.from_outside(
            now=now,
            account=account,
            actor=actor,
            why=f"confirmed: {len(found.deleted) - len(set(keep))} resources go, {len(kept)} stay",
            state=AccountState.BOOTSTRAPPING,
            step=registering.COMPARE,
            confirmed_at=now,
            baseline=kept,
            baseline_regions=found.regions,
            baseline_types=[kind.name for kind in sweeper.known_types()],
            attempts=0,
            reason="",
            due_at=now,
        )
        audit.record(
            now=now,
            action="account.confirm",
            subject=f"account:{account.account_id}",
            actor=actor,
            keep=sorted(keep),
            deleted=len(found.deleted) - len(set(keep)),
        )
    return account
