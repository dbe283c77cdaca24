"""What computes in an account, and what makes it compute: found, stopped, and started again as it was.

Each kind is a small declaration: `find` yields what is at work now with what must be known to start it again; `stop`
and `start` may be repeated. What a freeze stops must be written down before it is stopped.
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

from provisioning.aws.errors import Missing
from provisioning.aws.sessions import Session
from provisioning.aws.sweeper.resource import Place

# With these suspended a scaling group starts nothing and still lets go of what it has.
_SCALING = ["AlarmNotification", "Launch", "ScheduledActions"]
_SERVICES_AT_ONCE = 10


@dataclass(frozen=True)
class Working:
    """One thing at work; `before` is what its kind needs to start it again."""

    kind: str
    region: str
    handle: str
    arn: str
    before: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Kind:
    """How one kind is found, stopped and started (None: it is gone for good); `produces` if it makes other things."""

    name: str
    find: Callable[[Place], Iterator[tuple[str, str, dict[str, Any]]]]
    stop: Callable[[Place, Working], None]
    start: Callable[[Place, Working], None] | None
    produces: bool = True


def running(
    session: Session, regions: Collection[str], *, kinds: Collection[str], keep: Collection[str] = ()
) -> list[Working]:
    """List what is at work, producers first; `keep` are ARNs that are none of ours (an account's baseline)."""
    kept = frozenset(keep)
    return [
        Working(kind.name, region, handle, arn, before)
        for kind in KINDS
        if kind.name in kinds
        for region in sorted(regions)
        for handle, arn, before in kind.find(Place(session, region))
        if arn not in kept
    ]


def stop(session: Session, thing: Working) -> None:
    """Stop one thing; already gone is success."""
    try:
        BY_NAME[thing.kind].stop(Place(session, thing.region), thing)
    except Missing:
        return


def start(session: Session, thing: Working) -> None:
    """Start one thing again as it was; if it is gone there is nothing to start."""
    begin = BY_NAME[thing.kind].start
    try:
        if begin is not None:
            begin(Place(session, thing.region), thing)
    except Missing:
        return


def _rules(place: Place) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for bus in place.items("events", "list_event_buses", "EventBuses[].Name"):
        # What an AWS service manages goes with whatever it serves.
        for rule in place.items("events", "list_rules", "Rules[?!ManagedBy && State!='DISABLED']", EventBusName=bus):
            yield f"{bus} {rule['Name']}", rule["Arn"], {"state": rule["State"]}


def _stop_rule(place: Place, thing: Working) -> None:
    bus, _, name = thing.handle.rpartition(" ")
    place.call("events", "disable_rule", Name=name, EventBusName=bus)


def _start_rule(place: Place, thing: Working) -> None:
    bus, _, name = thing.handle.rpartition(" ")
    if thing.before["state"] == "ENABLED":
        place.call("events", "enable_rule", Name=name, EventBusName=bus)
        return
    # There is another way to be enabled, which only writing the whole rule brings back.
    rule = place.call("events", "describe_rule", Name=name, EventBusName=bus)
    kept = ("Name", "EventPattern", "ScheduleExpression", "Description", "RoleArn", "EventBusName")
    whole = {key: rule[key] for key in kept if rule.get(key)}
    place.call("events", "put_rule", **whole, State=thing.before["state"])


def _schedules(place: Place) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for each in place.items("scheduler", "list_schedules", "Schedules[?State=='ENABLED']"):
        yield f"{each['GroupName']} {each['Name']}", each["Arn"], {}


def _set_schedule(place: Place, thing: Working, state: str) -> None:
    group, _, name = thing.handle.rpartition(" ")
    schedule = place.call("scheduler", "get_schedule", GroupName=group, Name=name)
    kept = (
        *("Name", "GroupName", "ScheduleExpression", "ScheduleExpressionTimezone", "StartDate", "EndDate"),
        *("Description", "KmsKeyArn", "FlexibleTimeWindow", "Target", "ActionAfterCompletion"),
    )
    # An update replaces the whole schedule.
    whole = {key: schedule[key] for key in kept if schedule.get(key)}
    if schedule.get("State") != state:
        place.call("scheduler", "update_schedule", **whole, State=state)


def _mappings(place: Place) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for each in place.items("lambda", "list_event_source_mappings", "EventSourceMappings[]"):
        if each.get("State") not in ("Disabled", "Disabling", "Deleting"):
            yield each["UUID"], place.arn("lambda", f"event-source-mapping:{each['UUID']}"), {}


def _set_mapping(place: Place, thing: Working, enabled: bool) -> None:
    place.call("lambda", "update_event_source_mapping", UUID=thing.handle, Enabled=enabled)


def _scaling_groups(place: Place) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for group in place.items("autoscaling", "describe_auto_scaling_groups", "AutoScalingGroups[]"):
        if group["DesiredCapacity"] or group["MinSize"]:
            suspended = [each["ProcessName"] for each in group.get("SuspendedProcesses", [])]
            before = {
                "minimum": group["MinSize"],
                "desired": group["DesiredCapacity"],
                "suspended": sorted(set(suspended) & set(_SCALING)),
            }
            yield group["AutoScalingGroupName"], group["AutoScalingGroupARN"], before


def _stop_group(place: Place, thing: Working) -> None:
    place.call("autoscaling", "suspend_processes", AutoScalingGroupName=thing.handle, ScalingProcesses=_SCALING)
    place.call(
        "autoscaling", "update_auto_scaling_group", AutoScalingGroupName=thing.handle, MinSize=0, DesiredCapacity=0
    )


def _start_group(place: Place, thing: Working) -> None:
    place.call(
        "autoscaling",
        "update_auto_scaling_group",
        AutoScalingGroupName=thing.handle,
        MinSize=thing.before["minimum"],
        DesiredCapacity=thing.before["desired"],
    )
    resumed = [name for name in _SCALING if name not in thing.before["suspended"]]
    if resumed:
        place.call("autoscaling", "resume_processes", AutoScalingGroupName=thing.handle, ScalingProcesses=resumed)


def _container_services(place: Place) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for cluster in place.items("ecs", "list_clusters", "clusterArns[]"):
        arns = place.items("ecs", "list_services", "serviceArns[]", cluster=cluster)
        for start_at in range(0, len(arns), _SERVICES_AT_ONCE):
            some = arns[start_at : start_at + _SERVICES_AT_ONCE]
            for each in place.call("ecs", "describe_services", cluster=cluster, services=some)["services"]:
                # A daemon service has no count: it is as large as its cluster.
                if each["status"] == "ACTIVE" and each["desiredCount"] and each.get("schedulingStrategy") != "DAEMON":
                    yield f"{cluster} {each['serviceName']}", each["serviceArn"], {"desired": each["desiredCount"]}


def _set_container_service(place: Place, thing: Working, desired: int) -> None:
    cluster, _, name = thing.handle.rpartition(" ")
    place.call("ecs", "update_service", cluster=cluster, service=name, desiredCount=desired)


def _executions(place: Place) -> Iterator[tuple[str, str, dict[str, Any]]]:
    # Express machines keep no list of executions, and theirs end within minutes.
    standard = "stateMachines[?type!='EXPRESS'].stateMachineArn"
    for machine in place.items("stepfunctions", "list_state_machines", standard):
        for arn in place.items(
            "stepfunctions", "list_executions", "executions[].executionArn",
            stateMachineArn=machine, statusFilter="RUNNING",
        ):  # fmt: skip
            yield arn, arn, {}


def _stop_execution(place: Place, thing: Working) -> None:
    place.call("stepfunctions", "stop_execution", executionArn=thing.handle, cause="The sandbox has ended.")


def _functions(place: Place) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for function in place.items("lambda", "list_functions", "Functions[]"):
        name = function["FunctionName"]
        try:
            reserved = place.call("lambda", "get_function_concurrency", FunctionName=name)
        except Missing:
            continue  # It went meanwhile.
        limit = reserved.get("ReservedConcurrentExecutions")
        if limit != 0:
            yield name, function["FunctionArn"], {"reserved": limit}


def _stop_function(place: Place, thing: Working) -> None:
    place.call(
        "lambda", "put_function_concurrency", FunctionName=thing.handle, ReservedConcurrentExecutions=0
    )  # fmt: skip


def _start_function(place: Place, thing: Working) -> None:
    reserved = thing.before["reserved"]
    if reserved is None:
        place.call("lambda", "delete_function_concurrency", FunctionName=thing.handle)
        return
    place.call(
        "lambda", "put_function_concurrency", FunctionName=thing.handle, ReservedConcurrentExecutions=reserved
    )  # fmt: skip


def _instances(place: Place) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for each in place.items("ec2", "describe_instances", "Reservations[].Instances[]"):
        # A scaling group's instances go by its count; stopping one would only make it start another.
        grouped = any(tag["Key"] == "aws:autoscaling:groupName" for tag in each.get("Tags", []))
        if each["State"]["Name"] in ("pending", "running") and not grouped:
            yield each["InstanceId"], place.arn("ec2", f"instance/{each['InstanceId']}"), {}


def _stop_instance(place: Place, thing: Working) -> None:
    place.call("ec2", "stop_instances", InstanceIds=[thing.handle])


def _start_instance(place: Place, thing: Working) -> None:
    place.call("ec2", "start_instances", InstanceIds=[thing.handle])


KINDS = (
    Kind("events:rule", _rules, _stop_rule, _start_rule),
    Kind(
        "scheduler:schedule",
        _schedules,
        lambda place, thing: _set_schedule(place, thing, "DISABLED"),
        lambda place, thing: _set_schedule(place, thing, "ENABLED"),
    ),
    Kind(
        "lambda:event-source-mapping",
        _mappings,
        lambda place, thing: _set_mapping(place, thing, False),
        lambda place, thing: _set_mapping(place, thing, True),
    ),
    Kind("autoscaling:group", _scaling_groups, _stop_group, _start_group),
    Kind(
        "ecs:service",
        _container_services,
        lambda place, thing: _set_container_service(place, thing, 0),
        lambda place, thing: _set_container_service(place, thing, thing.before["desired"]),
    ),
    Kind("states:execution", _executions, _stop_execution, None),
    Kind("lambda:function", _functions, _stop_function, _start_function, produces=False),
    Kind("ec2:instance", _instances, _stop_instance, _start_instance, produces=False),
)
BY_NAME = {kind.name: kind for kind in KINDS}
# What can be brought back is what a freeze may stop; what makes other things is what must rest before a sweep.
FREEZABLE = tuple(kind.name for kind in KINDS if kind.start is not None)
PRODUCERS = tuple(kind.name for kind in KINDS if kind.produces)
