"""What the tests of this package need: a small pack-like blueprint, a clock, and a machine that runs in this thread."""

import json
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

import boto3
from botocore.config import Config
from django.conf import settings
from django.test import override_settings

from provisioning.aws import organization, roles, sweeper
from provisioning.aws.denials import BOUNDARY
from provisioning.aws.sessions import Session, bootstrap_session, hub_session, platform_session
from provisioning.domain import accounts, advance, claims, leases, work
from provisioning.domain.access import Credentials
from provisioning.domain.blueprints import register_blueprint
from provisioning.domain.steps import creating
from provisioning.enums import AccountState, LeaseState
from provisioning.models import Account, Blueprint, Booking, Lease, SimulatorGeneration

REGION = "us-east-1"
TEMPLATE = {
    "Resources": {
        "Orders": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "orders"}},
        "Open": {
            "Type": "AWS::EC2::SecurityGroup",
            "Properties": {
                "GroupDescription": "open to the world",
                "SecurityGroupIngress": [{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": "0.0.0.0/0"}],
            },
        },
    },
    "Outputs": {"QueueUrl": {"Value": {"Ref": "Orders"}}, "Group": {"Value": {"Fn::GetAtt": ["Open", "GroupId"]}}},
}
SEED = [
    {
        "service": "sqs",
        "operation": "set_queue_attributes",
        "parameters": {"QueueUrl": "${outputs.QueueUrl}", "Attributes": {"VisibilityTimeout": "17"}},
    }
]
READINESS = [
    {
        "label": "the queue was seeded",
        "service": "sqs",
        "operation": "get_queue_attributes",
        "parameters": {"QueueUrl": "${outputs.QueueUrl}", "AttributeNames": ["All"]},
        "expect": "Attributes.VisibilityTimeout == '17'",
    }
]
SERVICES = ["cloudformation", "dynamodb", "ec2", "s3", "sns", "sqs"]


def now() -> datetime:
    return datetime.now(UTC)


def blueprint(**changes: Any) -> Blueprint:
    content: dict[str, Any] = {
        "template": json.dumps(TEMPLATE),
        "parameters": {},
        "seed": SEED,
        "readiness": READINESS,
        "services": SERVICES,
        "regions": [REGION],
    }
    return register_blueprint(now=now(), **{**content, **changes})


def request(of: Blueprint | None = None, *, hours: float = 1, holder: uuid.UUID | None = None) -> Lease:
    return leases.request_lease(
        now=now(),
        holder=holder or uuid.uuid4(),
        scope=uuid.uuid4(),
        blueprint=of or blueprint(),
        access_starts_at=now(),
        ends_at=now() + timedelta(hours=hours),
    )


@lru_cache(maxsize=1)
def _inborn_types() -> list[str]:
    """Return the types of which a fresh account holds something by itself, known from one complete look."""
    return sorted({each.type for each in sweeper.inventory(platform_session(_gate_account()[1]), [REGION])})


def _gate_account() -> tuple[dict[str, str], str]:
    """Make an account at the gate, in the sandbox unit and with the platform role; return its names and its id."""
    identity, hub, unit = creating.identity(), hub_session(), organization.sandbox_unit()
    made = hub.call("organizations", "create_account", Email=identity["email"], AccountName=identity["name"])
    account_id = str(made["CreateAccountStatus"]["AccountId"])
    organization.move(account_id, source=organization.parent_of(account_id), destination=unit)
    while roles.settle_platform_role(bootstrap_session(account_id), hub_account_id=hub.account_id):
        continue
    return identity, account_id


def stock() -> Account:
    """Put an account into the pool as the platform leaves it there: ours, empty, known, free.

    How an account gets there takes two complete looks, some 300 calls, and is what the tests of creating, vending and
    cleaning are about. Here only those types are listed of which a fresh account holds something.
    """
    identity, account_id = _gate_account()
    standing = sweeper.inventory(platform_session(account_id), [REGION], _inborn_types())
    latest = SimulatorGeneration.objects.order_by("seen_at").last()
    return Account.objects.create(
        **identity,
        account_id=account_id,
        state=AccountState.AVAILABLE,
        state_since=now(),
        created_at=now(),
        generation=latest.generation if latest else "",
        baseline=sorted(each.arn for each in standing),
        baseline_regions=[REGION],
        baseline_types=[kind.name for kind in sweeper.known_types()],
    )


def vended(machine: "Machine", of: Blueprint | None = None, *, hours: float = 1) -> Lease:
    """Return a sandbox in its holder's hands, in an account out of the stock."""
    stock()
    lease = machine.until_state(request(of, hours=hours), LeaseState.ACTIVE)
    assert lease.account is not None
    # Sessions from before this are dead, by AWS's clock, which jumps nowhere.
    wait_until(lease.account.state_since)
    return lease


def vend_alone(machine: "Machine", *wanted: Lease) -> None:
    """Bring these leases into their holders' hands, in accounts out of the stock; whoever else waits gets nothing."""
    keys = [lease.pk for lease in wanted]
    for _ in wanted:
        stock()
    Lease.objects.exclude(pk__in=keys).update(due_at=None)
    Booking.objects.exclude(scope__in=[lease.scope for lease in wanted]).update(released_at=now())
    kept = Account.objects.exclude(state=AccountState.RETIRED).count()
    active = Lease.objects.filter(pk__in=keys, state=LeaseState.ACTIVE)
    with override_settings(AWS_ACCOUNT_LIMIT=kept):
        machine.until(lambda: active.count() == len(wanted))
    for lease in wanted:
        lease.refresh_from_db()


class Machine:
    """Runs ticks and their work in this thread, on a clock that jumps to whatever is due next."""

    def __init__(self) -> None:
        self.offset = timedelta(0)

    def clock(self) -> datetime:
        return now() + self.offset

    def turn(self, only: str = "") -> int:
        """Run one tick and all its work, or that of one kind of row; return how many steps were done."""
        return sum(self.do(each) for each in work.find(now=self.clock()) if only in ("", each.kind))

    def do(self, each: work.Work) -> int:
        """Do what one message asks for."""
        return work.do(work=each, clock=self.clock)

    def until(self, reached: Callable[[], bool], *, turns: int = 400, only: str = "") -> None:
        """Turn until a condition holds; when nothing is due, time goes on to when something is."""
        for _ in range(turns):
            if reached():
                return
            if not self.turn(only):
                self.skip_ahead()
        raise AssertionError(f"not reached in {turns} turns; {describe()}")

    def until_state(self, lease: Lease, *states: str) -> Lease:
        """Turn until the lease is in one of these states, and return it fresh."""

        def reached() -> bool:
            lease.refresh_from_db()
            return lease.state in states

        self.until(reached)
        return lease

    def skip_ahead(self) -> None:
        """Let time go on to when something is due."""
        waits = [
            max(due, claimed or due)
            for model in (Lease, Account)
            for due, claimed in model._default_manager.filter(due_at__isnull=False).values_list(
                "due_at", "claimed_until"
            )
        ]
        soonest = min(waits, default=self.clock())
        # Ends of leases are hours away; the tests ask for those explicitly.
        if timedelta(0) < soonest - self.clock() < timedelta(minutes=5):
            self.offset += soonest - self.clock()


class ForgetfulMachine(Machine):
    """Loses what each step wrote, once: as if the worker had died between AWS's answer and the row."""

    def do(self, each: work.Work) -> int:
        model: Any = Lease if each.kind == "lease" else Account
        row = claims.take(model, now=self.clock(), key=each.key, version=each.version)
        assert row is not None
        before = [(table, list(table._default_manager.values())) for table in (Lease, Account)]
        self._advance(row)
        for table, rows in before:
            for values in rows:
                table._default_manager.filter(pk=values["id"]).update(**values)
        again = model._default_manager.get(pk=row.pk)
        self._advance(again)
        claims.give_back(again)
        return 1

    def _advance(self, row: Lease | Account) -> None:
        if isinstance(row, Lease):
            advance.advance(now=self.clock(), lease=row)
        else:
            accounts.advance(now=self.clock(), account=row)


def one_step(machine: Machine, each: work.Work) -> None:
    """Do exactly one step of what a message asks for."""
    assert each.kind == "lease"
    lease = claims.take(Lease, now=machine.clock(), key=each.key, version=each.version)
    assert lease is not None
    advance.advance(now=machine.clock(), lease=lease)
    claims.give_back(lease)


def step_until(machine: Machine, reached: Callable[[], bool]) -> None:
    """Go on in single steps until a condition holds."""
    for _ in range(100):
        if reached():
            return
        for each in work.find(now=machine.clock()):
            one_step(machine, each)
        machine.skip_ahead()
    raise AssertionError(f"not reached; {describe()}")


def describe() -> str:
    """Say where everything stands, for a failing test's message."""
    leases_at = list(Lease.objects.values_list("state", "step", "reason", "error"))
    accounts_at = list(Account.objects.values_list("state", "step", "reason"))
    return f"leases {leases_at}, accounts {accounts_at}"


def client(service: str, credentials: Credentials, region: str = REGION) -> Any:
    """Return a real boto3 client as a participant would have it."""
    return boto3.session.Session().client(
        service,
        region_name=region,
        endpoint_url=settings.PUBLIC_AWS_ENDPOINT_URL,
        aws_access_key_id=credentials.access_key_id,
        aws_secret_access_key=credentials.secret_access_key,
        aws_session_token=credentials.token,
        config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}),
    )


def deny_the_platform(account_id: str, *actions: str) -> None:
    """Take actions from the platform's role in an account, as a company's own policy might."""
    statement = {"Effect": "Deny", "Action": list(actions), "Resource": "*"}
    bootstrap_session(account_id).call(
        "iam",
        "put_role_policy",
        RoleName="gameday-platform",
        PolicyName="trouble",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
    )


def let_the_platform(account_id: str) -> None:
    """Give the platform's role back what `deny_the_platform` took."""
    bootstrap_session(account_id).call("iam", "delete_role_policy", RoleName="gameday-platform", PolicyName="trouble")


def worker_role(session: Session) -> str:
    """Make a role for things to work under, bounded as every role in a sandbox must be; return its ARN."""
    session.call(
        "iam",
        "create_role",
        RoleName="worker",
        AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": []}),
        PermissionsBoundary=f"arn:aws:iam::{session.account_id}:policy/{BOUNDARY}",
    )
    return f"arn:aws:iam::{session.account_id}:role/worker"


def wait_until(moment: datetime) -> None:
    """Let real time reach a moment that is near: AWS notes issue times by its own clock."""
    deadline = time.monotonic() + 15
    while now() < moment:
        assert time.monotonic() < deadline, f"{moment} is not near"
