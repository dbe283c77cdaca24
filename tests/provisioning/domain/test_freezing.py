"""A freeze refuses people at once, ends what they hold within a tick, and stops and starts exactly what it should."""

import io
import uuid
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from accounts.models import AuditEntry
from provisioning.aws import compute
from provisioning.aws.sessions import Session, platform_session
from provisioning.domain import access, leases
from provisioning.domain.leases import UnableToLease
from provisioning.enums import LeaseState
from provisioning.models import Lease
from tests.provisioning import sandboxes
from tests.provisioning.sandboxes import ForgetfulMachine, Machine

pytestmark = [pytest.mark.services, pytest.mark.django_db]

ANN, OLIVE = uuid.UUID(int=0xA), uuid.UUID(int=0x0)


def _active(machine: Machine) -> Lease:
    return sandboxes.vended(machine)


def _session(lease: Lease) -> Session:
    assert lease.account is not None
    return platform_session(str(lease.account.account_id))


def _freeze(machine: Machine, lease: Lease, *, stop_compute: bool = False) -> Lease:
    return leases.freeze_lease(
        now=machine.clock(), lease=lease, actor=OLIVE, reason="found mining", stop_compute=stop_compute
    )


def _unfreeze(machine: Machine, lease: Lease) -> Lease:
    return leases.unfreeze_lease(now=machine.clock(), lease=lease, actor=OLIVE, reason="talked to them")


def _settled(machine: Machine, lease: Lease) -> Lease:
    def has_no_step() -> bool:
        lease.refresh_from_db()
        return not lease.step

    machine.until(has_no_step)
    return lease


def _is_refused(client: Any) -> bool:
    try:
        client.list_queues()
    except ClientError:
        return True
    return False


def test_a_freeze_refuses_at_once_and_kills_sessions_within_a_tick(machine: Machine) -> None:
    lease = _active(machine)
    theirs = sandboxes.client("sqs", access.credentials_for_person(now=sandboxes.now(), lease=lease, person=ANN))
    assert not _is_refused(theirs)

    frozen = _freeze(machine, lease)
    with pytest.raises(access.AccessPaused, match="frozen"):
        access.credentials_for_person(now=machine.clock(), lease=frozen, person=ANN)
    machine.turn()
    assert _is_refused(theirs)

    frozen.refresh_from_db()
    assert (frozen.state, frozen.reason) == (
        LeaseState.FROZEN,
        "found mining; what computes in it goes on, and costs",
    )
    entry = AuditEntry.objects.get(action="lease.freeze")
    assert (entry.actor, entry.details) == (OLIVE, {"reason": "found mining", "stops_compute": False})


def test_after_an_unfreeze_new_sessions_work_and_old_ones_stay_dead(machine: Machine) -> None:
    lease = _active(machine)
    old = sandboxes.client("sqs", access.credentials_for_person(now=sandboxes.now(), lease=lease, person=ANN))
    _settled(machine, _freeze(machine, lease))

    lease = _settled(machine, _unfreeze(machine, lease))

    assert (lease.state, lease.reason) == (LeaseState.ACTIVE, "talked to them")
    assert _is_refused(old)
    assert lease.moves.filter(actor=OLIVE).values_list("from_state", "to_state")[::1] == [
        ("active", "frozen"),
        ("frozen", "active"),
    ]
    assert lease.sessions_from is not None
    sandboxes.wait_until(lease.sessions_from)
    new = access.credentials_for_person(now=sandboxes.now(), lease=lease, person=ANN)
    assert not _is_refused(sandboxes.client("sqs", new))
    assert _is_refused(old)


def test_a_lease_frozen_before_its_start_comes_back_as_ready(machine: Machine) -> None:
    lease = sandboxes.request()
    Lease.objects.filter(pk=lease.pk).update(access_starts_at=sandboxes.now() + timedelta(minutes=40))
    machine.until_state(lease, LeaseState.READY)

    _freeze(machine, lease)
    assert _unfreeze(machine, lease).state == LeaseState.READY

    _settled(machine, lease)
    assert lease.due_at == lease.access_starts_at


def test_a_frozen_lease_ends_by_its_clock(machine: Machine) -> None:
    lease = _settled(machine, _freeze(machine, _active(machine)))
    assert lease.due_at == lease.ends_at

    machine.offset += timedelta(hours=1)
    machine.until_state(lease, LeaseState.ENDED)

    assert lease.reason == "its time was over"


def test_what_cannot_be_frozen_or_unfrozen_is_said_in_a_sentence(machine: Machine) -> None:
    lease = sandboxes.request()
    with pytest.raises(UnableToLease, match="still being prepared"):
        _freeze(machine, lease)
    machine.until_state(lease, LeaseState.ACTIVE)
    with pytest.raises(UnableToLease, match="not frozen"):
        _unfreeze(machine, lease)
    _freeze(machine, lease)
    with pytest.raises(UnableToLease, match="frozen already"):
        _freeze(machine, lease)

    leases.end_lease(now=machine.clock(), lease=lease, reason="over")

    with pytest.raises(UnableToLease, match="The lease is ending; it cannot be frozen"):
        _freeze(machine, lease)
    with pytest.raises(UnableToLease, match="The lease is ending; it cannot be unfrozen"):
        _unfreeze(machine, lease)


def _instance(session: Session) -> str:
    run = session.call("ec2", "run_instances", ImageId="ami-12345678", MinCount=1, MaxCount=1, InstanceType="t3.micro")
    return str(run["Instances"][0]["InstanceId"])


def _instance_state(session: Session, instance: str) -> str:
    [found] = session.items("ec2", "describe_instances", "Reservations[].Instances[]", InstanceIds=[instance])
    return str(found["State"]["Name"])


def _function(session: Session) -> None:
    role = sandboxes.worker_role(session)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("index.py", "def handler(event, context): pass")
    for name in ("free", "limited"):
        session.call(
            "lambda",
            "create_function",
            FunctionName=name,
            Runtime="python3.12",
            Handler="index.handler",
            Role=role,
            Code={"ZipFile": archive.getvalue()},
        )
    session.call("lambda", "put_function_concurrency", FunctionName="limited", ReservedConcurrentExecutions=7)


def _fleet(session: Session) -> None:
    session.call(
        "ec2",
        "create_launch_template",
        LaunchTemplateName="fleet",
        LaunchTemplateData={"ImageId": "ami-12345678", "InstanceType": "t3.micro"},
    )
    session.call(
        "autoscaling",
        "create_auto_scaling_group",
        AutoScalingGroupName="fleet",
        LaunchTemplate={"LaunchTemplateName": "fleet"},
        MinSize=1,
        MaxSize=3,
        DesiredCapacity=2,
        AvailabilityZones=["us-east-1a"],
    )
    session.call(
        "autoscaling", "suspend_processes", AutoScalingGroupName="fleet", ScalingProcesses=["ScheduledActions"]
    )


def _containers(session: Session) -> None:
    session.call("ecs", "create_cluster", clusterName="ships")
    session.call(
        "ecs",
        "register_task_definition",
        family="ship",
        containerDefinitions=[{"name": "hull", "image": "hull", "memory": 64}],
    )
    session.call("ecs", "create_service", cluster="ships", serviceName="ferry", taskDefinition="ship", desiredCount=3)


def _triggers(session: Session) -> None:
    session.call("events", "put_rule", Name="hourly", ScheduleExpression="rate(1 hour)", State="ENABLED")
    session.call("events", "put_rule", Name="retired", ScheduleExpression="rate(1 hour)", State="DISABLED")
    session.call(
        "scheduler",
        "create_schedule",
        Name="nightly",
        Description="at night",
        ScheduleExpression="rate(1 day)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": "arn:aws:sqs:us-east-1:123456789012:orders", "RoleArn": "arn:aws:iam::123456789012:role/worker"},
    )
    queue = f"arn:aws:sqs:us-east-1:{session.account_id}:orders"
    session.call("lambda", "create_event_source_mapping", FunctionName="free", EventSourceArn=queue, BatchSize=1)


def _look(session: Session) -> dict[str, Any]:
    """Read everything that a freeze may change, as AWS tells it."""
    [group] = session.items("autoscaling", "describe_auto_scaling_groups", "AutoScalingGroups[]")
    [service] = session.call("ecs", "describe_services", cluster="ships", services=["ferry"])["services"]
    schedule = session.call("scheduler", "get_schedule", Name="nightly")
    return {
        "functions": {
            name: session.call("lambda", "get_function_concurrency", FunctionName=name).get(
                "ReservedConcurrentExecutions"
            )
            for name in ("free", "limited")
        },
        "mappings": session.items("lambda", "list_event_source_mappings", "EventSourceMappings[].State"),
        "group": (group["MinSize"], group["DesiredCapacity"], group["MaxSize"]),
        "suspended": sorted(each["ProcessName"] for each in group["SuspendedProcesses"]),
        "service": service["desiredCount"],
        "rules": dict(session.items("events", "list_rules", "Rules[].[Name, State]")),
        "schedule": (schedule["State"], schedule["Description"], schedule["ScheduleExpression"], schedule["Target"]),
    }


@pytest.mark.parametrize("kind", [Machine, ForgetfulMachine])
def test_what_computes_is_stopped_and_started_exactly_as_it_was(kind: type[Machine]) -> None:
    machine = kind()
    lease = _active(machine)
    session = _session(lease)
    running, stopped = _instance(session), _instance(session)
    session.call("ec2", "stop_instances", InstanceIds=[stopped])
    for build in (_function, _fleet, _containers, _triggers):
        build(session)
    before = _look(session)

    lease = _settled(machine, _freeze(machine, lease, stop_compute=True))

    assert compute.running(session, ["us-east-1"], kinds=compute.FREEZABLE) == []
    assert (_instance_state(session, running), _instance_state(session, stopped)) == ("stopped", "stopped")
    assert _look(session) == {
        **before,
        "functions": {"free": 0, "limited": 0},
        "mappings": ["Disabled"],
        "group": (0, 0, 3),
        "suspended": ["AlarmNotification", "Launch", "ScheduledActions"],
        "service": 0,
        "rules": {"hourly": "DISABLED", "retired": "DISABLED"},
        "schedule": ("DISABLED", *before["schedule"][1:]),
    }
    assert lease.reason == "found mining; what computes in it is stopped, to be started again with it"
    assert {thing["is"] for thing in lease.frozen_things} == {"stopped"}

    lease = _settled(machine, _unfreeze(machine, lease))

    assert (_instance_state(session, running), _instance_state(session, stopped)) == ("running", "stopped")
    assert _look(session) == before
    assert lease.frozen_things == []


def test_a_freeze_may_stop_compute_later_and_without_that_leaves_it_alone(machine: Machine) -> None:
    lease = _active(machine)
    session = _session(lease)
    instance = _instance(session)

    lease = _settled(machine, _freeze(machine, lease))
    assert _instance_state(session, instance) == "running"

    lease = _settled(machine, _freeze(machine, lease, stop_compute=True))
    assert _instance_state(session, instance) == "stopped"


def test_what_refuses_to_stop_is_named_to_a_person_and_holds_nothing_up(
    machine: Machine, told: list[dict[str, Any]]
) -> None:
    lease = _active(machine)
    session = _session(lease)
    instance = _instance(session)
    session.call("events", "put_rule", Name="hourly", ScheduleExpression="rate(1 hour)", State="ENABLED")
    sandboxes.deny_the_platform(session.account_id, "events:DisableRule")

    lease = _settled(machine, _freeze(machine, lease, stop_compute=True))

    assert _instance_state(session, instance) == "stopped"
    [refused] = [thing for thing in lease.frozen_things if thing["is"] == "refused"]
    assert refused["handle"] == "default hourly"
    assert "events:DisableRule" in refused["why"]
    [notice] = told
    assert notice["key"] == f"lease:{lease.pk}:freeze:stop"
    assert "events:rule default hourly in us-east-1" in notice["text"]


def test_a_companys_own_things_are_never_stopped(machine: Machine) -> None:
    lease = _active(machine)
    session = _session(lease)
    session.call("events", "put_rule", Name="company", ScheduleExpression="rate(1 hour)", State="ENABLED")
    assert lease.account is not None
    lease.account.baseline.append(f"arn:aws:events:us-east-1:{session.account_id}:rule/company")
    lease.account.save()

    _settled(machine, _freeze(machine, lease, stop_compute=True))

    assert session.items("events", "list_rules", "Rules[].State") == ["ENABLED"]
