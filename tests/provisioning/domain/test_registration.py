"""A company's accounts come into the pool only when they were looked through, shown, declared and confirmed."""

import uuid

import pytest
from pytest_django.fixtures import Settings

from accounts.models import AuditEntry
from provisioning.aws import organization, sweeper
from provisioning.aws.sessions import bootstrap_session, platform_session
from provisioning.domain import guards, leases, pool_actions, registration
from provisioning.domain.queries.registration import Inventory, found_in
from provisioning.domain.registration import UnableToRegister, parse_account_ids, register
from provisioning.enums import AccountSource, AccountState, LeaseState
from provisioning.models import Account, AccountMove
from tests.provisioning import prepared, sandboxes
from tests.provisioning.sandboxes import Machine

ANN = uuid.UUID(int=0xA)
needs_services = [pytest.mark.services, pytest.mark.django_db]


@pytest.mark.parametrize(
    "text",
    [
        "111111111111\n222222222222",
        "111111111111, 222222222222",
        "111111111111 222222222222\n\n",
        "1111-1111-1111;2222-2222-2222",
        "\ufeffaccount_id,name\n111111111111,One\n222222222222,Two, again\n",
        'Name,Account ID\r\n"One, first",111111111111\r\n\r\nTwo,222222222222',
    ],
)
def test_ids_are_read_from_lists_and_csv(text: str) -> None:
    assert parse_account_ids(text) == ["111111111111", "222222222222"]


def test_every_wrong_value_is_named_with_its_line() -> None:
    with pytest.raises(UnableToRegister) as refusal:
        parse_account_ids("account_id,name\n111111111111,a\n2222,b\nabc,c\n111111111111,d\n,e")
    assert refusal.value.problems == (
        "Line 3: '2222' has 4 digits instead of 12; a spreadsheet may have dropped leading zeros.",
        "Line 4: 'abc' is not an account id of 12 digits.",
        "Line 6: '' is not an account id of 12 digits.",
        "Line 5: 111111111111 is listed twice, first on line 2.",
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "No account id is listed."),
        ("account_id,name\n", "No account id is listed."),
        ("111111111111,Team One", "Line 1: 'Team One' is not an account id of 12 digits. Beside other columns,"),
        ("١١١١١١١١١١١١", "is not an account id"),
    ],
)
def test_what_is_no_list_of_ids_is_refused(text: str, words: str) -> None:
    with pytest.raises(UnableToRegister, match=words):
        parse_account_ids(text)


class TestRegistering:
    pytestmark = needs_services

    def test_all_are_registered_or_none(self, settings: Settings) -> None:
        organization.sandbox_unit()
        hub = organization.hub_account_id()
        settings.AWS_ACCOUNT_BLOCK_LIST = ["222222222222"]
        register(now=sandboxes.now(), account_ids=["333333333333"], actor=ANN)
        listed = parse_account_ids(f"111111111111\n222222222222\n333333333333\n{hub}")

        with pytest.raises(UnableToRegister) as refusal:
            register(now=sandboxes.now(), account_ids=listed, actor=ANN)

        assert refusal.value.problems == (
            "Line 2: 222222222222: Account 222222222222 is on the block list.",
            "Line 3: 333333333333 is in the pool already (registered).",
            f"Line 4: {hub}: Account {hub} is the platform's own, with managed accounts the management account.",
        )
        assert list(Account.objects.values_list("account_id", flat=True)) == ["333333333333"]

    @pytest.mark.parametrize(
        ("ids", "words"),
        [
            ([], "No account id"),
            (["1"], "1 has 1 digits"),
            (["1111-1111-1111"], "is not an account id"),
            (["111111111111"] * 2, "111111111111 is listed twice"),
            ([f"{number:012}" for number in range(1001)], "at most 1000"),
        ],
    )
    def test_callers_that_parse_nothing_are_refused_alike(self, ids: list[str], words: str) -> None:
        with pytest.raises(UnableToRegister, match=words):
            register(now=sandboxes.now(), account_ids=ids, actor=None)

    def test_a_registered_account_is_shown_and_nothing_is_deleted(self, machine: Machine) -> None:
        account = _registered(machine, prepared.make())
        session = bootstrap_session(str(account.account_id))

        found = found_in(account)
        assert found is not None
        assert (found.owner, found.regions) == ("organization", [sandboxes.REGION])
        assert {each.type for each in found.deleted} == {"sqs:queue", "sns:topic"}
        kept = {each.arn for each in found.kept}
        assert f"arn:aws:iam::{account.account_id}:role/corp-logging" in kept
        assert {"ec2:vpc", "ec2:subnet", "cloudformation:stack"} <= {each.type for each in found.kept}
        standing = {each.arn for each in sweeper.inventory(session, found.regions)}
        assert standing == kept | {each.arn for each in found.deleted}
        with pytest.raises(guards.NeverTouch, match="Nobody has confirmed"):
            guards.require_sandbox(account)

    def test_a_confirmed_account_is_emptied_but_for_what_is_kept_and_is_lent(self, machine: Machine) -> None:
        account = _registered(machine, prepared.make())
        [topic] = [each.arn for each in _found(account).deleted if each.type == "sns:topic"]

        registration.confirm(
            now=sandboxes.now(), account=account, typed_id=f" {account.account_id}", actor=ANN, keep=[topic]
        )
        machine.until(lambda: Account.objects.filter(state=AccountState.AVAILABLE).exists())

        account.refresh_from_db()
        session = platform_session(str(account.account_id))
        standing = {each.arn for each in sweeper.inventory(session, [sandboxes.REGION])}
        assert topic in standing
        assert standing == set(account.baseline)
        assert session.items("sqs", "list_queues", "QueueUrls[]") == []
        lease = machine.until_state(sandboxes.request(), LeaseState.ACTIVE)
        assert lease.account == account
        leases.end_lease(now=machine.clock(), lease=lease, reason="over")
        machine.until_state(lease, LeaseState.ENDED)
        account.refresh_from_db()
        assert (account.state, account.leases_served) == (AccountState.AVAILABLE, 1)
        assert {each.arn for each in sweeper.inventory(session, [sandboxes.REGION])} == standing

    def test_every_move_is_a_fact_with_who_and_why(self, machine: Machine) -> None:
        account = _registered(machine, prepared.make())
        registration.confirm(now=sandboxes.now(), account=account, typed_id=str(account.account_id), actor=ANN)
        machine.until(lambda: Account.objects.filter(state=AccountState.AVAILABLE).exists())
        lease = machine.until_state(sandboxes.request(), LeaseState.ACTIVE)
        leases.end_lease(now=machine.clock(), lease=lease, reason="over")
        machine.until_state(lease, LeaseState.ENDED)

        moves = list(AccountMove.objects.filter(account=account))
        told = [(move.from_state, move.to_state, move.step, move.actor, move.lease) for move in moves]
        assert told == [
            ("", "registered", "inventory", ANN, None),
            ("registered", "registered", "confirm", None, None),
            ("registered", "bootstrapping", "compare", ANN, None),
            ("bootstrapping", "cleaning", "revoke", None, None),
            ("cleaning", "cleaning", "inventory", None, None),
            ("cleaning", "cleaning", "producers", None, None),
            ("cleaning", "cleaning", "stacks", None, None),
            ("cleaning", "cleaning", "sweep", None, None),
            ("cleaning", "cleaning", "verify", None, None),
            ("cleaning", "verifying", "release", None, None),
            ("verifying", "verifying", "confirm", None, None),
            ("verifying", "available", "", None, None),
            ("available", "leased", "", None, lease.pk),
            ("leased", "cleaning", "", None, lease.pk),
            ("cleaning", "verifying", "", None, lease.pk),
            ("verifying", "available", "", None, lease.pk),
        ]
        assert moves[2].reason.startswith("confirmed: 2 resources go, ")
        acts = AuditEntry.objects.filter(subject=f"account:{account.account_id}", actor=ANN)
        assert list(acts.order_by("at").values_list("action", flat=True)) == ["account.register", "account.confirm"]

    @pytest.mark.parametrize("typed", ["", "111111111111"])
    def test_another_id_confirms_nothing(self, machine: Machine, typed: str) -> None:
        account = _registered(machine, prepared.make())
        with pytest.raises(UnableToRegister, match=f"What was typed is not {account.account_id}"):
            registration.confirm(now=sandboxes.now(), account=account, typed_id=typed, actor=ANN)
        account.refresh_from_db()
        assert (account.state, account.confirmed_at) == (AccountState.REGISTERED, None)

    def test_only_what_was_found_can_be_kept(self, machine: Machine) -> None:
        account = _registered(machine, prepared.make())
        with pytest.raises(UnableToRegister, match="arn:aws:sqs:nowhere is not among"):
            registration.confirm(
                now=sandboxes.now(),
                account=account,
                typed_id=str(account.account_id),
                actor=ANN,
                keep=["arn:aws:sqs:nowhere"],
            )

    def test_what_is_not_looked_through_yet_is_not_confirmed(self) -> None:
        [account] = register(now=sandboxes.now(), account_ids=["111111111111"], actor=ANN)
        with pytest.raises(UnableToRegister, match="not been looked through yet"):
            registration.confirm(now=sandboxes.now(), account=account, typed_id="111111111111", actor=ANN)

    def test_an_account_without_the_ownership_tag_is_refused_until_it_has_it(self, machine: Machine) -> None:
        # The role's tag does not help where the organization can be asked.
        account = _registered(machine, prepared.make(declared=False, role_tagged=True))
        with pytest.raises(UnableToRegister, match="gameday:sandbox=yes"):
            registration.confirm(now=sandboxes.now(), account=account, typed_id=str(account.account_id), actor=ANN)

        prepared.declare(str(account.account_id))
        pool_actions.retry(now=sandboxes.now(), account=account, actor=ANN, reason="tagged")
        machine.until(lambda: Account.objects.filter(step="confirm").exists())
        account.refresh_from_db()
        registration.confirm(now=sandboxes.now(), account=account, typed_id=str(account.account_id), actor=ANN)

    def test_what_was_not_shown_is_not_deleted(self, machine: Machine) -> None:
        account = _registered(machine, prepared.make())
        bootstrap_session(str(account.account_id)).call("sqs", "create_queue", QueueName="made-meanwhile")
        registration.confirm(now=sandboxes.now(), account=account, typed_id=str(account.account_id), actor=ANN)

        machine.until(lambda: Account.objects.filter(state=AccountState.REGISTERED, step="confirm").exists())

        account.refresh_from_db()
        assert account.confirmed_at is None
        assert "1 resources are new since it was shown: arn:aws:sqs:us-east-1:" in account.reason
        queues = platform_session(str(account.account_id)).items("sqs", "list_queues", "QueueUrls[]")
        assert len(queues) == 2
        assert len(_found(account).deleted) == 3

    def test_a_declaration_that_is_taken_back_after_confirming_counts(self, machine: Machine) -> None:
        account = _registered(machine, prepared.make())
        registration.confirm(now=sandboxes.now(), account=account, typed_id=str(account.account_id), actor=ANN)
        prepared.undeclare(str(account.account_id))

        machine.until(lambda: Account.objects.filter(state=AccountState.REGISTERED, step="confirm").exists())

        account.refresh_from_db()
        assert "no longer declared a sandbox" in account.reason
        assert len(platform_session(str(account.account_id)).items("sqs", "list_queues", "QueueUrls[]")) == 1

    def test_an_account_that_does_not_let_us_in_is_quarantined_with_the_reason(self, machine: Machine) -> None:
        [account] = register(now=sandboxes.now(), account_ids=["111111111111"], actor=ANN)
        machine.until(lambda: Account.objects.filter(state=AccountState.QUARANTINED).exists())
        account.refresh_from_db()
        assert account.reason.startswith("inventory failed 6 times: assume_role: AccessDenied")

    def test_a_pool_of_prepared_accounts_creates_none_and_says_what_a_lease_waits_for(
        self, machine: Machine, settings: Settings
    ) -> None:
        settings.AWS_POOL_MODE = "prepared"
        lease = sandboxes.request()
        machine.until(lambda: type(lease).objects.filter(pk=lease.pk, reason__startswith="waiting").exists())
        lease.refresh_from_db()
        assert lease.reason == "waiting: no account is registered, and none may be created here"
        assert Account.objects.count() == 0

    def test_a_hub_without_any_right_in_the_organization_lends_prepared_accounts(
        self, machine: Machine, settings: Settings
    ) -> None:
        settings.AWS_POOL_MODE = "prepared"
        account_id = prepared.make(declared=False, role_tagged=True)
        stranger = prepared.make(declared=False)
        with prepared.without_organizations() as asked:
            account = _registered(machine, account_id)
            assert _found(account).owner == "role"
            registration.confirm(now=sandboxes.now(), account=account, typed_id=account_id, actor=ANN)
            lease = machine.until_state(sandboxes.request(), LeaseState.ACTIVE)
            leases.end_lease(now=machine.clock(), lease=lease, reason="over")
            machine.until_state(lease, LeaseState.ENDED)
            other = _registered(machine, stranger)
            with pytest.raises(UnableToRegister, match="on the platform role"):
                registration.confirm(now=sandboxes.now(), account=other, typed_id=stranger, actor=ANN)

        account.refresh_from_db()
        assert account.state == AccountState.AVAILABLE
        # Nothing else was even tried there.
        assert set(asked) == {"DescribeOrganization", "ListTagsForResource"}

    def test_a_block_listed_account_is_not_emptied_even_when_confirmed(
        self, machine: Machine, settings: Settings
    ) -> None:
        account = _registered(machine, prepared.make())
        registration.confirm(now=sandboxes.now(), account=account, typed_id=str(account.account_id), actor=ANN)
        settings.AWS_ACCOUNT_BLOCK_LIST = [account.account_id]

        machine.until(lambda: Account.objects.filter(state=AccountState.QUARANTINED).exists())

        account.refresh_from_db()
        assert "block list" in account.reason
        assert len(platform_session(str(account.account_id)).items("sqs", "list_queues", "QueueUrls[]")) == 1


def _registered(machine: Machine, account_id: str) -> Account:
    session = bootstrap_session(account_id)
    session.call("sqs", "create_queue", QueueName="left-behind")
    session.call("sns", "create_topic", Name="alarms")
    [account] = register(now=sandboxes.now(), account_ids=[account_id], actor=ANN, name="corp")
    machine.until(lambda: Account.objects.filter(pk=account.pk).exclude(step="inventory").exists())
    account.refresh_from_db()
    assert (account.state, account.step, account.source) == (
        AccountState.REGISTERED,
        "confirm",
        AccountSource.PREPARED,
    ), account.reason
    return account


def _found(account: Account) -> Inventory:
    found = found_in(account)
    assert found is not None
    return found
