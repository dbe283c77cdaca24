"""Nothing planted is ever called clean: each type is listed, deleted, named when it stays, unknown when unlisted."""

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import pytest

from provisioning.aws import clients, organization, roles, sweeper
from provisioning.aws.actions import iam_actions
from provisioning.aws.sessions import Session, bootstrap_session, hub_session, platform_session
from provisioning.aws.sweeper import types
from provisioning.aws.sweeper.resource import Place
from provisioning.domain import accounts, cleaning
from provisioning.enums import AccountState
from provisioning.models import Account, CleanCertificate
from tests.provisioning import sandboxes
from tests.provisioning.aws.sweeper.garden import Garden
from tests.provisioning.aws.sweeper.planting import PLANTERS, UNDELETABLE, UNPLANTABLE
from tests.provisioning.sandboxes import REGION, Machine

pytestmark = [pytest.mark.services, pytest.mark.django_db]
SIMULATED = [kind.name for kind in types.ALL if kind.is_simulated]
PLANTED = [name for name in SIMULATED if name not in UNPLANTABLE]


@dataclass(frozen=True)
class Sandbox:
    """An account of the simulator with what it had before anything was planted."""

    account_id: str
    baseline: tuple[str, ...]

    def row(self, **changes: Any) -> Account:
        """Write its row, as the pool would have it, in a step of cleaning."""
        fields: dict[str, Any] = {
            "account_id": self.account_id,
            "email": f"{self.account_id}@sandboxes.example.com",
            "name": self.account_id,
            "state_since": sandboxes.now(),
            "created_at": sandboxes.now(),
            "due_at": sandboxes.now(),
            "baseline": list(self.baseline),
            "baseline_regions": [REGION],
        }
        return Account.objects.create(**fields | changes)

    @property
    def session(self) -> Session:
        return platform_session(self.account_id)


def _sandbox(name: str) -> Sandbox:
    hub, unit = hub_session(), organization.sandbox_unit()
    made = hub.call("organizations", "create_account", Email=f"{name}@sandboxes.example.com", AccountName=name)
    account_id = made["CreateAccountStatus"]["AccountId"]
    organization.move(account_id, source=organization.parent_of(account_id), destination=unit)
    while roles.settle_platform_role(bootstrap_session(account_id), hub_account_id=hub.account_id):
        continue
    baseline = [each.arn for each in sweeper.inventory(platform_session(account_id), [REGION])]
    return Sandbox(account_id, tuple(baseline))


@lru_cache(maxsize=1)
def _full() -> Sandbox:
    """Return the one account in which something of every type stands."""
    sandbox = _sandbox("everything")
    garden = Garden(bootstrap_session(sandbox.account_id))
    for name in PLANTED:
        PLANTERS[name](garden)
    return sandbox


def _planted(sandbox: Sandbox, name: str) -> list[str]:
    found = sweeper.inventory(sandbox.session, [REGION], [name])
    return [each.arn for each in found if each.arn not in sandbox.baseline]


@dataclass(frozen=True)
class _Watched(Place):
    """A place that notes the IAM actions of the calls that are made in it, in their order."""

    actions: list[str] = field(default_factory=list, compare=False)

    def call(self, service: str, operation: str, /, **parameters: Any) -> dict[str, Any]:
        self._note(service, operation)
        return super().call(service, operation, **parameters)

    def items(self, service: str, operation: str, path: str, /, **parameters: Any) -> list[Any]:
        self._note(service, operation)
        return super().items(service, operation, path, **parameters)

    def _note(self, service: str, operation: str) -> None:
        meta = clients.client(service, self.region).meta
        model = meta.service_model.operation_model(meta.method_to_api_mapping[operation])
        signing_name = meta.service_model.signing_name
        self.actions.extend(iam_actions(signing_name=signing_name, operation=model.name, method=model.http["method"]))


def _deletions(name: str) -> list[str]:
    prefix = name.partition(":")[0]
    verbs = ("Delete", "Deregister", "Terminate", "Release", "Cancel", "Stop", "Disable", "Schedule", "Revoke")
    return [f"{prefix}:{verb}*" for verb in verbs] + ([f"{prefix}:DELETE"] if prefix == "apigateway" else [])


def test_what_cannot_be_planted_or_deleted_here_is_known() -> None:
    assert set(PLANTERS) == set(PLANTED)
    assert set(UNDELETABLE) <= set(PLANTED)
    assert not set(UNPLANTABLE) - set(SIMULATED)


@pytest.mark.parametrize("name", PLANTED)
def test_what_cannot_be_deleted_is_named_and_never_lent(name: str, machine: Machine) -> None:
    sandbox = _full()
    planted = _planted(sandbox, name)
    assert planted
    # One hopeless pass before the end of the last round.
    account = sandbox.row(
        state=AccountState.CLEANING,
        step="sweep",
        rounds=cleaning.ROUNDS - 1,
        passes=cleaning.PASSES_PER_ROUND - cleaning.FRUITLESS_PASS,
        standing=[name],
    )
    sandboxes.deny_the_platform(sandbox.account_id, *_deletions(name))
    try:
        machine.until(lambda: _state(account) != AccountState.CLEANING, only="account")
    finally:
        sandboxes.let_the_platform(sandbox.account_id)

    assert account.state == AccountState.QUARANTINED
    assert account.leftovers == planted
    assert planted[0] in account.reason
    assert not CleanCertificate.objects.filter(account=account, is_clean=True).exists()


@pytest.mark.parametrize("name", PLANTED)
def test_what_cannot_be_listed_is_unknown_up_to_the_last_step(name: str) -> None:
    sandbox = _full()
    watched = _Watched(sandbox.session, REGION)
    list(types.BY_NAME[name].find(watched))
    action = watched.actions[-1]
    account = sandbox.row(state=AccountState.VERIFYING, step="confirm", listing={"at": sandboxes.now().isoformat()})
    sandboxes.deny_the_platform(sandbox.account_id, action)
    try:
        accounts.advance(now=sandboxes.now(), account=account)
    finally:
        sandboxes.let_the_platform(sandbox.account_id)

    assert _state(account) == AccountState.VERIFYING
    assert account.step == "confirm"
    assert "not authorized" in account.reason
    assert not CleanCertificate.objects.filter(account=account).exists()


def test_everything_goes_once_it_can_be_listed_and_the_account_comes_back_by_itself(machine: Machine) -> None:
    sandbox = _sandbox("goes")
    garden = Garden(bootstrap_session(sandbox.account_id))
    deletable = [name for name in PLANTED if name not in UNDELETABLE]
    for name in deletable:
        PLANTERS[name](garden)
    assert [name for name in deletable if not _planted(sandbox, name)] == []
    account = sandbox.row(**cleaning.beginning(sandboxes.now()))
    sandboxes.deny_the_platform(sandbox.account_id, "sns:ListTopics")
    machine.until(lambda: "sns:ListTopics" in _reason(account), only="account")
    sandboxes.let_the_platform(sandbox.account_id)

    machine.until(
        lambda: _state(account) in (AccountState.AVAILABLE, AccountState.QUARANTINED), turns=2000, only="account"
    )

    assert (account.state, account.reason) == (AccountState.AVAILABLE, "")
    standing = [each.arn for each in sweeper.inventory(sandbox.session, [REGION])]
    assert standing == sorted(sandbox.baseline)
    proof = CleanCertificate.objects.get(account=account, is_clean=True)
    assert proof.resource_types == SIMULATED
    assert proof.regions == [REGION]
    assert len(proof.listings) == 2 and proof.listings[0] < proof.listings[1]
    assert f"arn:aws:kms:{REGION}:{sandbox.account_id}:key/{garden.key}" in proof.tombstones
    assert f"arn:aws:ec2:{REGION}:{sandbox.account_id}:instance/{garden.instance}" in proof.tombstones
    assert proof.leftovers == []


def _state(account: Account) -> str:
    account.refresh_from_db()
    return account.state


def _reason(account: Account) -> str:
    account.refresh_from_db()
    return account.reason
