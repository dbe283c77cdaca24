"""Rules, alarms and logs. Logs go last: what is being deleted may still write some."""

from collections.abc import Iterator

from provisioning.aws.sweeper.resource import Place, ResourceType


def _rules(place: Place) -> Iterator[tuple[str, str]]:
    for rule in place.items("events", "list_rules", "Rules[?!ManagedBy]"):
        yield rule["Name"], rule["Arn"]


def _delete_rule(place: Place, name: str) -> None:
    targets = place.items("events", "list_targets_by_rule", "Targets[].Id", Rule=name)
    if targets:
        place.call("events", "remove_targets", Rule=name, Ids=targets, Force=True)
    place.call("events", "delete_rule", Name=name, Force=True)


def _alarms(place: Place) -> Iterator[tuple[str, str]]:
    for alarm in place.items("cloudwatch", "describe_alarms", "[MetricAlarms, CompositeAlarms][][]"):
        yield alarm["AlarmName"], alarm["AlarmArn"]


def _delete_alarm(place: Place, name: str) -> None:
    place.call("cloudwatch", "delete_alarms", AlarmNames=[name])


def _groups(place: Place) -> Iterator[tuple[str, str]]:
    for name in place.items("logs", "describe_log_groups", "logGroups[].logGroupName"):
        yield name, place.arn("logs", f"log-group:{name}")


def _delete_group(place: Place, name: str) -> None:
    place.call("logs", "delete_log_group", logGroupName=name)


TYPES = (
    ResourceType("events:rule", _rules, _delete_rule),
    ResourceType("cloudwatch:alarm", _alarms, _delete_alarm),
    ResourceType("logs:log-group", _groups, _delete_group, after=("lambda:function", "ec2:instance")),
)
