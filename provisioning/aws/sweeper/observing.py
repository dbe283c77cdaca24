"""Alarms, trails, recorders and logs. Logs go last: what is being deleted may still write some."""

from provisioning.aws.sweeper.declaring import HANDLE, Deletion, Listing
from provisioning.aws.sweeper.resource import Absent, Place, ResourceType


def _delete_trail(place: Place, name: str) -> None:
    place.call("cloudtrail", "stop_logging", Name=name)
    place.call("cloudtrail", "delete_trail", Name=name)


def _delete_recorder(place: Place, name: str) -> None:
    place.call("config", "stop_configuration_recorder", ConfigurationRecorderName=name)
    place.call("config", "delete_configuration_recorder", ConfigurationRecorderName=name)


def _disable_hub(place: Place, _arn: str) -> None:
    place.call("securityhub", "disable_security_hub")


TYPES = (
    ResourceType(
        "cloudwatch:alarm",
        Listing("cloudwatch", "describe_alarms", "[MetricAlarms, CompositeAlarms][][]", handle="AlarmName",
                arn="AlarmArn", parameters={"AlarmTypes": ["MetricAlarm", "CompositeAlarm"]}),
        Deletion("cloudwatch", "delete_alarms", AlarmNames=[HANDLE]),
        price="cloudwatch:alarm",
    ),
    ResourceType(
        "cloudwatch:dashboard",
        Listing("cloudwatch", "list_dashboards", "DashboardEntries[]", handle="DashboardName", arn="DashboardArn"),
        Deletion("cloudwatch", "delete_dashboards", DashboardNames=[HANDLE]),
        is_global=True,
        price="cloudwatch:dashboard",
    ),
    ResourceType(
        "cloudtrail:trail",
        Listing("cloudtrail", "describe_trails", "trailList[]", handle="Name", arn="TrailARN",
                parameters={"includeShadowTrails": False}, protect={"the organization's": "IsOrganizationTrail"}),
        _delete_trail,
    ),
    ResourceType(
        "config:rule",
        Listing("config", "describe_config_rules", "ConfigRules[]", handle="ConfigRuleName", arn="ConfigRuleArn",
                protect={"made by an AWS service": "CreatedBy"}),
        Deletion("config", "delete_config_rule", ConfigRuleName=HANDLE),
        price="config:rule",
    ),
    ResourceType(
        "config:recorder",
        Listing("config", "describe_configuration_recorders", "ConfigurationRecorders[]", handle="name",
                arn="arn:aws:config:{region}:{account}:config-recorder/{handle}",
                protect={"kept by an AWS service": "servicePrincipal"}),
        _delete_recorder,
        after=("config:rule",),
        price="config:recorder",
    ),
    ResourceType(
        "config:delivery-channel",
        Listing("config", "describe_delivery_channels", "DeliveryChannels[]", handle="name",
                arn="arn:aws:config:{region}:{account}:delivery-channel/{handle}"),
        Deletion("config", "delete_delivery_channel", DeliveryChannelName=HANDLE),
        after=("config:recorder",),
    ),
    ResourceType(
        "guardduty:detector",
        Listing("guardduty", "list_detectors", "DetectorIds[]",
                arn="arn:aws:guardduty:{region}:{account}:detector/{handle}"),
        Deletion("guardduty", "delete_detector", DetectorId=HANDLE),
        price="guardduty:detector",
    ),
    ResourceType(
        "securityhub:hub",
        Listing("securityhub", "describe_hub", "[@]", handle="HubArn", arn="HubArn", created="SubscribedAt"),
        _disable_hub,
        price="securityhub:hub",
        absent_when=(Absent("InvalidAccessException", "not subscribed to AWS Security Hub"),),
    ),
    ResourceType(
        "logs:destination",
        Listing("logs", "describe_destinations", "destinations[]", handle="destinationName", arn="arn",
                created="creationTime"),
        Deletion("logs", "delete_destination", destinationName=HANDLE),
    ),
    ResourceType(
        "logs:resource-policy",
        Listing("logs", "describe_resource_policies", "resourcePolicies[]", handle="policyName",
                arn="arn:aws:logs:{region}:{account}:resource-policy:{handle}"),
        Deletion("logs", "delete_resource_policy", policyName=HANDLE),
    ),
    ResourceType(
        "logs:log-group",
        Listing("logs", "describe_log_groups", "logGroups[]", handle="logGroupName", created="creationTime",
                arn="arn:aws:logs:{region}:{account}:log-group:{handle}", details={"size_bytes": "storedBytes"}),
        Deletion("logs", "delete_log_group", logGroupName=HANDLE),
        after=("lambda:function", "ec2:instance", "ecs:task", "codebuild:project", "ec2:flow-log",
               "apigateway:rest-api", "states:state-machine"),
        price="logs:log-group",
    ),
)  # fmt: skip
