"""Functions, APIs, state machines, and what triggers them. Producers go first, so that nothing new comes meanwhile."""

from provisioning.aws.errors import Conflict
from provisioning.aws.sweeper.declaring import CHILD, HANDLE, PARENT, Deletion, Listing
from provisioning.aws.sweeper.resource import Place, ResourceType

_BUSES = Listing("events", "list_event_buses", "EventBuses[]", handle="Name", arn="Arn", created="CreationTime",
                 protect={"the account's default bus": "Name == 'default'"})  # fmt: skip
_RULES = Listing("events", "list_rules", "Rules[]", handle="Name", arn="Arn", within=_BUSES,
                 parameters={"EventBusName": PARENT},
                 protect={"managed by an AWS service": "ManagedBy"})  # fmt: skip
_LAYERS = Listing("lambda", "list_layers", "Layers[]", handle="LayerName", arn="LayerArn")
_GROUPS = Listing("scheduler", "list_schedule_groups", "ScheduleGroups[]", handle="Name", arn="Arn",
                  created="CreationDate", protect={"the account's default group": "Name == 'default'"})  # fmt: skip


def _delete_rule(place: Place, handle: str) -> None:
    bus, _, name = handle.rpartition(" ")
    targets = place.items("events", "list_targets_by_rule", "Targets[].Id", Rule=name, EventBusName=bus)
    if targets:
        place.call("events", "remove_targets", Rule=name, EventBusName=bus, Ids=targets, Force=True)
    place.call("events", "delete_rule", Name=name, EventBusName=bus, Force=True)


def _delete_state_machine(place: Place, arn: str) -> None:
    # Express machines keep no list of executions, and their executions end within minutes.
    if place.call("stepfunctions", "describe_state_machine", stateMachineArn=arn).get("type") != "EXPRESS":
        for execution in place.items(
            "stepfunctions", "list_executions", "executions[].executionArn", stateMachineArn=arn, statusFilter="RUNNING"
        ):
            place.call("stepfunctions", "stop_execution", executionArn=execution)
    place.call("stepfunctions", "delete_state_machine", stateMachineArn=arn)


def _delete_mapping(place: Place, uuid: str) -> None:
    mapping = place.call("lambda", "get_event_source_mapping", UUID=uuid)
    if mapping.get("State") != "Deleting":
        place.call("lambda", "delete_event_source_mapping", UUID=uuid)


def _delete_usage_plan(place: Place, plan: str) -> None:
    stages = place.call("apigateway", "get_usage_plan", usagePlanId=plan).get("apiStages", [])
    detach = [{"op": "remove", "path": "/apiStages", "value": f"{each['apiId']}:{each['stage']}"} for each in stages]
    if detach:
        place.call("apigateway", "update_usage_plan", usagePlanId=plan, patchOperations=detach)
    place.call("apigateway", "delete_usage_plan", usagePlanId=plan)


def _delete_pipe(place: Place, name: str) -> None:
    try:
        place.call("pipes", "delete_pipe", Name=name)
    except Conflict as refusal:
        if refusal.code != "ConflictException":
            raise
        place.call("pipes", "stop_pipe", Name=name)  # One that is starting or running may have to stop first.


def _delete_layer_version(place: Place, handle: str) -> None:
    layer, _, version = handle.rpartition(" ")
    place.call("lambda", "delete_layer_version", LayerName=layer, VersionNumber=int(version))


TYPES = (
    ResourceType("events:rule", _RULES, _delete_rule),
    ResourceType(
        "events:archive",
        Listing(
            "events", "list_archives", "Archives[]", handle="ArchiveName", created="CreationTime",
            arn="arn:aws:events:{region}:{account}:archive/{handle}",
            details={"size_bytes": "SizeBytes"},
        ),
        Deletion("events", "delete_archive", ArchiveName=HANDLE),
        price="events:archive",
    ),
    ResourceType(
        "events:api-destination",
        Listing("events", "list_api_destinations", "ApiDestinations[]", handle="Name", arn="ApiDestinationArn",
                created="CreationTime"),
        Deletion("events", "delete_api_destination", Name=HANDLE),
        after=("events:rule",),
    ),
    ResourceType(
        "events:connection",
        Listing("events", "list_connections", "Connections[]", handle="Name", arn="ConnectionArn",
                created="CreationTime"),
        Deletion("events", "delete_connection", Name=HANDLE),
        after=("events:api-destination",),
    ),
    ResourceType(
        "events:bus", _BUSES, Deletion("events", "delete_event_bus", Name=HANDLE),
        after=("events:rule", "events:archive"),
    ),
    ResourceType(
        "pipes:pipe",
        Listing("pipes", "list_pipes", "Pipes[]", handle="Name", arn="Arn", created="CreationTime"),
        _delete_pipe,
    ),
    ResourceType(
        "scheduler:schedule",
        Listing("scheduler", "list_schedules", "Schedules[]", handle="join(' ', [GroupName, Name])", arn="Arn",
                created="CreationDate"),
        Deletion("scheduler", "delete_schedule", GroupName=PARENT, Name=CHILD),
    ),
    ResourceType(
        "scheduler:schedule-group", _GROUPS, Deletion("scheduler", "delete_schedule_group", Name=HANDLE),
        after=("scheduler:schedule",),
    ),
    ResourceType(
        "lambda:event-source-mapping",
        Listing(
            "lambda", "list_event_source_mappings", "EventSourceMappings[]", handle="UUID",
            arn="arn:aws:lambda:{region}:{account}:event-source-mapping:{handle}",
        ),
        _delete_mapping,
    ),
    ResourceType(
        "lambda:function",
        Listing("lambda", "list_functions", "Functions[]", handle="FunctionName", arn="FunctionArn",
                details={"memory_mib": "MemorySize"}),
        Deletion("lambda", "delete_function", FunctionName=HANDLE),
        after=("lambda:event-source-mapping", "cloudfront:distribution"),
    ),
    ResourceType(
        "lambda:layer-version",
        Listing(
            "lambda", "list_layer_versions", "LayerVersions[]", handle="to_string(Version)", arn="LayerVersionArn",
            created="CreatedDate", within=_LAYERS, parameters={"LayerName": PARENT},
        ),
        _delete_layer_version,
        after=("lambda:function",),
    ),
    ResourceType(
        "states:state-machine",
        Listing("stepfunctions", "list_state_machines", "stateMachines[]", handle="stateMachineArn",
                arn="stateMachineArn", created="creationDate"),
        _delete_state_machine,
    ),
    ResourceType(
        "states:activity",
        Listing("stepfunctions", "list_activities", "activities[]", handle="activityArn", arn="activityArn",
                created="creationDate"),
        Deletion("stepfunctions", "delete_activity", activityArn=HANDLE),
        after=("states:state-machine",),
    ),
    ResourceType(
        "apigateway:usage-plan",
        Listing("apigateway", "get_usage_plans", "items[]", handle="id",
                arn="arn:aws:apigateway:{region}::/usageplans/{handle}"),
        _delete_usage_plan,
    ),
    ResourceType(
        "apigateway:api-key",
        Listing("apigateway", "get_api_keys", "items[]", handle="id", created="createdDate",
                arn="arn:aws:apigateway:{region}::/apikeys/{handle}"),
        Deletion("apigateway", "delete_api_key", apiKey=HANDLE),
        after=("apigateway:usage-plan",),
    ),
    ResourceType(
        "apigateway:domain-name",
        Listing("apigateway", "get_domain_names", "items[]", handle="domainName",
                arn="arn:aws:apigateway:{region}::/domainnames/{handle}"),
        Deletion("apigateway", "delete_domain_name", domainName=HANDLE),
    ),
    ResourceType(
        "apigateway:rest-api",
        Listing("apigateway", "get_rest_apis", "items[]", handle="id", created="createdDate",
                arn="arn:aws:apigateway:{region}::/restapis/{handle}"),
        Deletion("apigateway", "delete_rest_api", restApiId=HANDLE),
        after=("apigateway:usage-plan", "apigateway:domain-name"),
    ),
    ResourceType(
        "apigateway:vpc-link",
        Listing("apigateway", "get_vpc_links", "items[]", handle="id",
                arn="arn:aws:apigateway:{region}::/vpclinks/{handle}"),
        Deletion("apigateway", "delete_vpc_link", vpcLinkId=HANDLE),
        after=("apigateway:rest-api",),
    ),
    ResourceType(
        "apigateway:http-api",
        Listing("apigatewayv2", "get_apis", "Items[]", handle="ApiId", created="CreatedDate",
                arn="arn:aws:apigateway:{region}::/apis/{handle}"),
        Deletion("apigatewayv2", "delete_api", ApiId=HANDLE),
        after=("apigateway:domain-name",),
    ),
    ResourceType(
        "apigateway:http-vpc-link",
        Listing("apigatewayv2", "get_vpc_links", "Items[]", handle="VpcLinkId", created="CreatedDate",
                arn="arn:aws:apigateway:{region}::/vpclinks/{handle}"),
        Deletion("apigatewayv2", "delete_vpc_link", VpcLinkId=HANDLE),
        after=("apigateway:http-api",),
    ),
    ResourceType(
        "appsync:graphql-api",
        Listing("appsync", "list_graphql_apis", "graphqlApis[]", handle="apiId", arn="arn"),
        Deletion("appsync", "delete_graphql_api", apiId=HANDLE),
    ),
)  # fmt: skip
