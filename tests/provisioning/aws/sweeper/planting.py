"""One thing of each type, made in an account of the simulator by real calls, as small as it gets."""

import io
import json
import zipfile
from collections.abc import Callable
from functools import cached_property
from typing import Any

from provisioning.aws.sessions import Session
from tests.provisioning.sandboxes import REGION

# Types of which nothing can be planted, and why.
UNPLANTABLE = {
    "ec2:transit-gateway-peering": "the simulator makes them without an account's agreement only across regions",
}
# Types whose things do not wait for their deletion to fail, and why.
PASSING = {
    "ecs:task": "the simulator moves a task on towards its end each time somebody looks at it",
}
# Types that the simulator lists but does not delete, and why.
UNDELETABLE = {
    "athena:data-catalog": "DeleteDataCatalog is not simulated",
    "elasticache:cluster": "one that was deleted stays in the state deleting for good",
    "elasticache:snapshot": "it can only be made of a cluster, see there",
    "elasticache:replication-group": "one that was deleted stays in the state deleting for good",
    "elasticache:subnet-group": "DeleteCacheSubnetGroup is not simulated",
    "glue:connection": "DeleteConnection is not simulated",
}
TRUST = json.dumps({"Version": "2012-10-17", "Statement": []})
ALLOW = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}]})
TEMPLATE = '{"Resources": {"T": {"Type": "AWS::SNS::Topic"}}}'


def _zip() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("main.py", "def handler(event, context): pass")
    return packed.getvalue()


class Garden:
    """An account with what several plants need, made when first needed."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.tail = session.account_id[-6:]

    def call(self, service: str, operation: str, /, **parameters: Any) -> dict[str, Any]:
        return self.session.call(service, operation, region=REGION, **parameters)

    def ec2(self, operation: str, /, **parameters: Any) -> dict[str, Any]:
        return self.call("ec2", operation, **parameters)

    def arn(self, service: str, rest: str) -> str:
        return f"arn:aws:{service}:{REGION}:{self.session.account_id}:{rest}"

    @cached_property
    def vpc(self) -> str:
        return self.ec2("create_vpc", CidrBlock="10.7.0.0/16")["Vpc"]["VpcId"]

    @cached_property
    def subnets(self) -> list[str]:
        return [
            self.ec2("create_subnet", VpcId=self.vpc, CidrBlock=f"10.7.{n}.0/24", AvailabilityZone=f"{REGION}{zone}")[
                "Subnet"
            ]["SubnetId"]
            for n, zone in enumerate("ab")
        ]

    @cached_property
    def role(self) -> str:
        name = "planted-for-services"
        return self.call("iam", "create_role", RoleName=name, AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]

    @cached_property
    def function(self) -> str:
        return self.call(
            "lambda", "create_function", FunctionName="planted", Runtime="python3.11", Role=self.role,
            Handler="main.handler", Code={"ZipFile": _zip()},
        )["FunctionArn"]  # fmt: skip

    @cached_property
    def queue(self) -> str:
        self.call("sqs", "create_queue", QueueName="planted")
        return self.arn("sqs", "planted")

    @cached_property
    def bucket(self) -> str:
        name = f"planted-{self.tail}"
        self.call("s3", "create_bucket", Bucket=name)
        self.call("s3", "put_bucket_versioning", Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        for body in (b"one", b"two"):
            self.call("s3", "put_object", Bucket=name, Key="object", Body=body)
        self.call("s3", "delete_object", Bucket=name, Key="object")
        self.call("s3", "create_multipart_upload", Bucket=name, Key="half")
        return name

    @cached_property
    def image(self) -> str:
        return self.ec2("register_image", Name="planted", RootDeviceName="/dev/sda1")["ImageId"]

    @cached_property
    def instance(self) -> str:
        return self.ec2(
            "run_instances", ImageId=self.image, MinCount=1, MaxCount=1, InstanceType="t3.micro",
            SubnetId=self.subnets[0], DisableApiTermination=True,
        )["Instances"][0]["InstanceId"]  # fmt: skip

    @cached_property
    def volume(self) -> str:
        return self.ec2("create_volume", AvailabilityZone=f"{REGION}a", Size=8, VolumeType="gp3")["VolumeId"]

    @cached_property
    def cluster(self) -> str:
        return self.call("ecs", "create_cluster", clusterName="planted")["cluster"]["clusterArn"]

    @cached_property
    def container_instance(self) -> str:
        document = {"instanceId": self.instance, "region": REGION, "accountId": self.session.account_id}
        return self.call(
            "ecs", "register_container_instance", cluster=self.cluster, instanceIdentityDocument=json.dumps(document)
        )["containerInstance"]["containerInstanceArn"]

    @cached_property
    def task_definition(self) -> str:
        return self.call(
            "ecs", "register_task_definition", family="planted", requiresCompatibilities=["FARGATE"],
            networkMode="awsvpc", cpu="256", memory="512",
            containerDefinitions=[{"name": "c", "image": "i", "memory": 128, "cpu": 1}],
        )["taskDefinition"]["taskDefinitionArn"]  # fmt: skip

    @cached_property
    def eks(self) -> str:
        network = {"subnetIds": self.subnets}
        self.call("eks", "create_cluster", name="planted", roleArn=self.role, resourcesVpcConfig=network)
        return "planted"

    @cached_property
    def file_system(self) -> str:
        return self.call("efs", "create_file_system", CreationToken="planted")["FileSystemId"]

    @cached_property
    def rest_api(self) -> str:
        return self.call("apigateway", "create_rest_api", name="planted")["id"]

    @cached_property
    def launch_template(self) -> str:
        data = {"ImageId": self.image, "InstanceType": "t3.micro"}
        return self.ec2("create_launch_template", LaunchTemplateName="planted", LaunchTemplateData=data)[
            "LaunchTemplate"
        ]["LaunchTemplateId"]

    @cached_property
    def connection(self) -> str:
        key = {"ApiKeyAuthParameters": {"ApiKeyName": "k", "ApiKeyValue": "v"}}
        return self.call(
            "events", "create_connection", Name="planted", AuthorizationType="API_KEY", AuthParameters=key
        )["ConnectionArn"]

    @cached_property
    def bus(self) -> str:
        self.call("events", "create_event_bus", Name="planted")
        return "planted"

    @cached_property
    def transit_gateway(self) -> str:
        return self.ec2("create_transit_gateway")["TransitGateway"]["TransitGatewayId"]

    @cached_property
    def vpn(self) -> tuple[str, str, str]:
        customer = self.ec2("create_customer_gateway", BgpAsn=65000, IpAddress="198.51.100.7", Type="ipsec.1")[
            "CustomerGateway"
        ]["CustomerGatewayId"]
        gateway = self.ec2("create_vpn_gateway", Type="ipsec.1")["VpnGateway"]["VpnGatewayId"]
        self.ec2("attach_vpn_gateway", VpnGatewayId=gateway, VpcId=self.vpc)
        connection = self.ec2(
            "create_vpn_connection", Type="ipsec.1", CustomerGatewayId=customer, VpnGatewayId=gateway
        )["VpnConnection"]["VpnConnectionId"]
        return customer, gateway, connection

    @cached_property
    def key(self) -> str:
        return self.call("kms", "create_key")["KeyMetadata"]["KeyId"]

    @cached_property
    def db_cluster(self) -> str:
        self.call(
            "rds", "create_db_cluster", DBClusterIdentifier="planted", Engine="aurora-postgresql",
            MasterUsername="root", MasterUserPassword="not-a-secret", DeletionProtection=True,
        )  # fmt: skip
        return "planted"

    @cached_property
    def db_instance(self) -> str:
        self.call(
            "rds", "create_db_instance", DBInstanceIdentifier="planted", Engine="postgres",
            DBInstanceClass="db.t3.micro", AllocatedStorage=20, MasterUsername="root",
            MasterUserPassword="not-a-secret", DeletionProtection=True,
        )  # fmt: skip
        return "planted"

    @cached_property
    def batch_environment(self) -> str:
        return self.call(
            "batch", "create_compute_environment", computeEnvironmentName="planted", type="UNMANAGED",
            state="ENABLED", serviceRole=self.role,
        )["computeEnvironmentArn"]  # fmt: skip

    @cached_property
    def user(self) -> str:
        self.call("iam", "create_user", UserName="planted")
        self.call("iam", "create_access_key", UserName="planted")
        self.call("iam", "create_login_profile", UserName="planted", Password="Not-a-secret-7")
        self.call("iam", "put_user_policy", UserName="planted", PolicyName="p", PolicyDocument=ALLOW)
        return "planted"

    @cached_property
    def state_machine(self) -> str:
        machine = {"StartAt": "S", "States": {"S": {"Type": "Wait", "Seconds": 3000, "End": True}}}
        arn = self.call(
            "stepfunctions", "create_state_machine", name="planted", definition=json.dumps(machine), roleArn=self.role
        )["stateMachineArn"]
        self.call("stepfunctions", "start_execution", stateMachineArn=arn)
        return arn

    @cached_property
    def address(self) -> str:
        return self.ec2("allocate_address", Domain="vpc")["AllocationId"]

    @cached_property
    def attachment(self) -> str:
        return self.ec2(
            "create_transit_gateway_vpc_attachment", TransitGatewayId=self.transit_gateway, VpcId=self.vpc,
            SubnetIds=self.subnets[:1],
        )["TransitGatewayVpcAttachment"]["TransitGatewayAttachmentId"]  # fmt: skip

    @cached_property
    def balancer(self) -> str:
        arn = self.call("elbv2", "create_load_balancer", Name="planted", Subnets=self.subnets)["LoadBalancers"][0][
            "LoadBalancerArn"
        ]
        on = [{"Key": "deletion_protection.enabled", "Value": "true"}]
        self.call("elbv2", "modify_load_balancer_attributes", LoadBalancerArn=arn, Attributes=on)
        return arn


def _groups(g: Garden) -> None:
    names = ("planted-a", "planted-b")
    pair = [g.ec2("create_security_group", GroupName=n, Description="d", VpcId=g.vpc)["GroupId"] for n in names]
    for one, other in (pair, reversed(pair)):
        rule = [{"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": other}]}]
        g.ec2("authorize_security_group_ingress", GroupId=one, IpPermissions=rule)


def _zone(g: Garden) -> None:
    zone = g.call("route53", "create_hosted_zone", Name="planted.example", CallerReference="1")["HostedZone"]["Id"]
    record = {
        "Name": "www.planted.example", "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": "192.0.2.1"}],
    }  # fmt: skip
    batch = {"Changes": [{"Action": "CREATE", "ResourceRecordSet": record}]}
    g.call("route53", "change_resource_record_sets", HostedZoneId=zone, ChangeBatch=batch)


def _waf(operation: str, scope: str, **more: Any) -> Callable[[Garden], Any]:
    name = f"planted-{scope.lower()}"
    return lambda g: g.call("wafv2", operation, Name=name, Scope=scope, **more)


_SIGHT = {"SampledRequestsEnabled": False, "CloudWatchMetricsEnabled": False, "MetricName": "m"}
_WAF: dict[str, tuple[str, dict[str, Any]]] = {
    "web-acl": ("create_web_acl", {"DefaultAction": {"Allow": {}}, "VisibilityConfig": _SIGHT}),
    "rule-group": ("create_rule_group", {"Capacity": 1, "VisibilityConfig": _SIGHT}),
    "ip-set": ("create_ip_set", {"IPAddressVersion": "IPV4", "Addresses": []}),
    "regex-pattern-set": ("create_regex_pattern_set", {"RegularExpressionList": [{"RegexString": "x"}]}),
}


def _distribution(g: Garden) -> None:
    origin = {
        "Id": "o", "DomainName": "origin.example", "CustomOriginConfig": {
            "HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "http-only",
        },
    }  # fmt: skip
    behaviour = {"TargetOriginId": "o", "ViewerProtocolPolicy": "allow-all", "MinTTL": 0,
                 "ForwardedValues": {"QueryString": False, "Cookies": {"Forward": "none"}}}  # fmt: skip
    g.call("cloudfront", "create_distribution", DistributionConfig={
        "CallerReference": "planted", "Comment": "", "Enabled": True,
        "Origins": {"Quantity": 1, "Items": [origin]}, "DefaultCacheBehavior": behaviour,
    })  # fmt: skip


def _usage_plan(g: Garden) -> None:
    g.call("apigateway", "create_usage_plan", name="planted")


def _table(g: Garden) -> None:
    g.call(
        "dynamodb", "create_table", TableName="planted", BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}], DeletionProtectionEnabled=True,
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
    )  # fmt: skip


def _recorder(g: Garden) -> None:
    g.call("config", "put_configuration_recorder", ConfigurationRecorder={"name": "planted", "roleARN": g.role})


def _channel(g: Garden) -> None:
    _recorder(g)
    g.call("config", "put_delivery_channel", DeliveryChannel={"name": "planted", "s3BucketName": g.bucket})


def _pipeline(g: Garden) -> None:
    def stage(name: str, category: str, provider: str, settings: dict[str, str]) -> dict[str, Any]:
        kind = {"category": category, "owner": "AWS", "provider": provider, "version": "1"}
        return {"name": name, "actions": [{"name": name, "actionTypeId": kind, "configuration": settings}]}

    source = stage("Source", "Source", "S3", {"S3Bucket": g.bucket, "S3ObjectKey": "k"})
    build = stage("Build", "Build", "CodeBuild", {"ProjectName": "planted"})
    g.call("codepipeline", "create_pipeline", pipeline={
        "name": "planted", "roleArn": _pipeline_role(g), "stages": [source, build],
        "artifactStore": {"type": "S3", "location": g.bucket},
    })  # fmt: skip


def _pipeline_role(g: Garden) -> str:
    service = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "codepipeline.amazonaws.com"}}
    document = json.dumps({"Version": "2012-10-17", "Statement": [service]})
    return g.call("iam", "create_role", RoleName="planted-pipeline", AssumeRolePolicyDocument=document)["Role"]["Arn"]


def _service(g: Garden) -> None:
    g.call("ecs", "create_service", cluster=g.cluster, serviceName="planted", taskDefinition=g.task_definition,
           desiredCount=1, launchType="FARGATE",
           networkConfiguration={"awsvpcConfiguration": {"subnets": g.subnets, "securityGroups": []}})  # fmt: skip


def _task(g: Garden) -> None:
    assert g.container_instance
    container = {"name": "c", "image": "i", "memory": 128, "cpu": 1}
    g.call("ecs", "register_task_definition", family="running", containerDefinitions=[container])
    g.call("ecs", "run_task", cluster=g.cluster, taskDefinition="running", launchType="EC2")


def _inactive_task_definition(g: Garden) -> None:
    arn = g.call(
        "ecs",
        "register_task_definition",
        family="old",
        containerDefinitions=[{"name": "c", "image": "i", "memory": 128}],
    )
    g.call("ecs", "deregister_task_definition", taskDefinition=arn["taskDefinition"]["taskDefinitionArn"])


def _auto_scaling(g: Garden) -> None:
    g.call("autoscaling", "create_auto_scaling_group", AutoScalingGroupName="planted", MinSize=1, MaxSize=1,
           LaunchTemplate={"LaunchTemplateId": g.launch_template}, VPCZoneIdentifier=g.subnets[0])  # fmt: skip


def _spot_fleet(g: Garden) -> None:
    specification = {"ImageId": g.image, "InstanceType": "t3.micro", "SubnetId": g.subnets[0]}
    g.ec2("request_spot_fleet", SpotFleetRequestConfig={
        "IamFleetRole": g.role, "TargetCapacity": 1, "AllocationStrategy": "lowestPrice", "SpotPrice": "0.1",
        "LaunchSpecifications": [specification],
    })  # fmt: skip


def _fleet(g: Garden) -> None:
    template = {"LaunchTemplateId": g.launch_template, "Version": "1"}
    g.ec2("create_fleet", TargetCapacitySpecification={"TotalTargetCapacity": 1, "DefaultTargetCapacityType": "spot"},
          LaunchTemplateConfigs=[{"LaunchTemplateSpecification": template}])  # fmt: skip


def _peering(g: Garden) -> None:
    other = g.ec2("create_vpc", CidrBlock="10.8.0.0/16")["Vpc"]["VpcId"]
    g.ec2("create_vpc_peering_connection", VpcId=g.vpc, PeerVpcId=other)


def _internet_gateway(g: Garden) -> None:
    gateway = g.ec2("create_internet_gateway")["InternetGateway"]["InternetGatewayId"]
    g.ec2("attach_internet_gateway", InternetGatewayId=gateway, VpcId=g.vpc)


def _route_table(g: Garden) -> None:
    table = g.ec2("create_route_table", VpcId=g.vpc)["RouteTable"]["RouteTableId"]
    g.ec2("associate_route_table", RouteTableId=table, SubnetId=g.subnets[0])


def _policy(g: Garden) -> None:
    arn = g.call("iam", "create_policy", PolicyName="planted", PolicyDocument=ALLOW)["Policy"]["Arn"]
    g.call("iam", "create_policy_version", PolicyArn=arn, PolicyDocument=ALLOW)
    g.call("iam", "attach_user_policy", UserName=g.user, PolicyArn=arn)


def _profile(g: Garden) -> None:
    g.call("iam", "create_instance_profile", InstanceProfileName="planted")
    g.call("iam", "create_role", RoleName="planted-machine", AssumeRolePolicyDocument=TRUST)
    g.call("iam", "add_role_to_instance_profile", InstanceProfileName="planted", RoleName="planted-machine")


def _iam_group(g: Garden) -> None:
    g.call("iam", "create_group", GroupName="planted")
    g.call("iam", "add_user_to_group", GroupName="planted", UserName=g.user)


def _rule(g: Garden) -> None:
    g.call("events", "put_rule", Name="planted", EventBusName=g.bus, EventPattern='{"source": ["x"]}')
    g.call("events", "put_targets", Rule="planted", EventBusName=g.bus, Targets=[{"Id": "1", "Arn": g.queue}])


def _topic(g: Garden) -> None:
    topic = g.call("sns", "create_topic", Name="planted")["TopicArn"]
    g.call("sns", "subscribe", TopicArn=topic, Protocol="sqs", Endpoint=g.queue)


def _starter_stack(g: Garden) -> None:
    g.call("cloudformation", "create_stack", StackName="starter", TemplateBody=TEMPLATE,
           Tags=[{"Key": "gameday:lease", "Value": "1"}], EnableTerminationProtection=True)  # fmt: skip


def _user_pool(g: Garden) -> None:
    pool = g.call("cognito-idp", "create_user_pool", PoolName="planted", DeletionProtection="ACTIVE")["UserPool"]["Id"]
    g.call("cognito-idp", "create_user_pool_domain", Domain=f"planted-{g.tail}", UserPoolId=pool)


def _firehose(g: Garden) -> None:
    g.call("firehose", "create_delivery_stream", DeliveryStreamName="planted", S3DestinationConfiguration={
        "RoleARN": g.role, "BucketARN": f"arn:aws:s3:::{g.bucket}",
    })  # fmt: skip


def _pipe(g: Garden) -> None:
    g.call("pipes", "create_pipe", Name="planted", Source=g.queue, Target=g.function, RoleArn=g.role)


def _schedule(g: Garden) -> None:
    g.call("scheduler", "create_schedule", Name="planted", GroupName="default", ScheduleExpression="rate(1 day)",
           FlexibleTimeWindow={"Mode": "OFF"}, Target={"Arn": g.queue, "RoleArn": g.role})  # fmt: skip


def _dashboard(g: Garden) -> None:
    g.call("cloudwatch", "put_dashboard", DashboardName="planted", DashboardBody='{"widgets": []}')


def _job_queue(g: Garden) -> None:
    order = [{"order": 1, "computeEnvironment": g.batch_environment}]
    g.call("batch", "create_job_queue", jobQueueName="planted", state="ENABLED", priority=1,
           computeEnvironmentOrder=order)  # fmt: skip


def _trail(g: Garden) -> None:
    g.call("cloudtrail", "create_trail", Name="planted", S3BucketName=g.bucket)
    g.call("cloudtrail", "start_logging", Name="planted")


def _flow_log(g: Garden) -> None:
    g.call("logs", "create_log_group", logGroupName="flow")
    g.ec2("create_flow_logs", ResourceIds=[g.vpc], ResourceType="VPC", TrafficType="ALL", LogGroupName="flow",
          DeliverLogsPermissionArn=g.role)  # fmt: skip


def _layer(g: Garden) -> None:
    for _ in range(2):
        g.call("lambda", "publish_layer_version", LayerName="planted", Content={"ZipFile": _zip()})


def _redshift(g: Garden) -> None:
    g.call("redshift", "create_cluster", ClusterIdentifier="planted", NodeType="ra3.large", MasterUsername="root",
           MasterUserPassword="Not-a-secret-7")  # fmt: skip


def _project(g: Garden) -> None:
    g.call("codebuild", "create_project", name="planted", source={"type": "S3", "location": f"{g.bucket}/x.zip"},
           artifacts={"type": "NO_ARTIFACTS"}, serviceRole=g.role,
           environment={"type": "LINUX_CONTAINER", "image": "i", "computeType": "BUILD_GENERAL1_SMALL"})  # fmt: skip
    g.call("codebuild", "start_build", projectName="planted")


def _cert(g: Garden) -> None:
    g.call("iam", "upload_server_certificate", ServerCertificateName="planted", CertificateBody="x", PrivateKey="y")


def _glue_table(g: Garden) -> None:
    g.call("glue", "create_database", DatabaseInput={"Name": "planted"})
    g.call("glue", "create_table", DatabaseName="planted", TableInput={"Name": "planted"})


def _default_group(g: Garden) -> None:
    group = g.ec2("describe_security_groups", Filters=[{"Name": "group-name", "Values": ["default"]}, {
        "Name": "vpc-id", "Values": [_default_vpc(g)]}])["SecurityGroups"][0]["GroupId"]  # fmt: skip
    rule = [{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    g.ec2("authorize_security_group_ingress", GroupId=group, IpPermissions=rule)


def _default_vpc(g: Garden) -> str:
    return g.ec2("describe_vpcs", Filters=[{"Name": "isDefault", "Values": ["true"]}])["Vpcs"][0]["VpcId"]


def _default_routes(g: Garden) -> None:
    vpc = [{"Name": "vpc-id", "Values": [_default_vpc(g)]}]
    table = g.ec2("describe_route_tables", Filters=vpc)["RouteTables"][0]["RouteTableId"]
    interface = g.ec2("create_network_interface", SubnetId=g.subnets[0])["NetworkInterface"]["NetworkInterfaceId"]
    g.ec2("create_route", RouteTableId=table, DestinationCidrBlock="10.99.0.0/16", NetworkInterfaceId=interface)


def _default_acl(g: Garden) -> None:
    vpc = [{"Name": "vpc-id", "Values": [_default_vpc(g)]}]
    acl = g.ec2("describe_network_acls", Filters=vpc)["NetworkAcls"][0]["NetworkAclId"]
    g.ec2("create_network_acl_entry", NetworkAclId=acl, RuleNumber=7, Protocol="-1", RuleAction="deny", Egress=False,
          CidrBlock="10.0.0.0/8")  # fmt: skip


PLANTERS: dict[str, Callable[[Garden], Any]] = {
    "cloudformation:stack": lambda g: g.call(
        "cloudformation", "create_stack", StackName="theirs", TemplateBody=TEMPLATE
    ),
    "cloudformation:starter-stack": _starter_stack,
    "events:rule": _rule,
    "events:archive": lambda g: g.call(
        "events", "create_archive", ArchiveName="planted", EventSourceArn=g.arn("events", "event-bus/default")
    ),
    "events:api-destination": lambda g: g.call(
        "events", "create_api_destination", Name="planted", ConnectionArn=g.connection,
        InvocationEndpoint="https://x.example", HttpMethod="GET",
    ),
    "events:connection": lambda g: g.connection,
    "events:bus": lambda g: g.bus,
    "pipes:pipe": _pipe,
    "scheduler:schedule": _schedule,
    "scheduler:schedule-group": lambda g: g.call("scheduler", "create_schedule_group", Name="empty"),
    "lambda:event-source-mapping": lambda g: g.call(
        "lambda", "create_event_source_mapping", FunctionName=g.function, EventSourceArn=g.queue
    ),
    "lambda:function": lambda g: g.function,
    "lambda:layer-version": _layer,
    "states:state-machine": lambda g: g.state_machine,
    "states:activity": lambda g: g.call("stepfunctions", "create_activity", name="planted"),
    "apigateway:usage-plan": _usage_plan,
    "apigateway:api-key": lambda g: g.call("apigateway", "create_api_key", name="planted"),
    "apigateway:domain-name": lambda g: g.call("apigateway", "create_domain_name", domainName="api.planted.example"),
    "apigateway:rest-api": lambda g: g.rest_api,
    "apigateway:vpc-link": lambda g: g.call("apigateway", "create_vpc_link", name="planted", targetArns=[g.balancer]),
    "apigateway:http-api": lambda g: g.call("apigatewayv2", "create_api", Name="planted", ProtocolType="HTTP"),
    "apigateway:http-vpc-link": lambda g: g.call(
        "apigatewayv2", "create_vpc_link", Name="planted", SubnetIds=g.subnets
    ),
    "appsync:graphql-api": lambda g: g.call(
        "appsync", "create_graphql_api", name="planted", authenticationType="API_KEY"
    ),
    "ecs:service": _service,
    "ecs:task": _task,
    "ecs:container-instance": lambda g: g.container_instance,
    "ecs:cluster": lambda g: g.cluster,
    "ecs:task-definition": lambda g: g.task_definition,
    "ecs:inactive-task-definition": _inactive_task_definition,
    "ecr:repository": lambda g: g.call("ecr", "create_repository", repositoryName="planted"),
    "eks:nodegroup": lambda g: g.call(
        "eks", "create_nodegroup", clusterName=g.eks, nodegroupName="planted", subnets=g.subnets, nodeRole=g.role
    ),
    "eks:fargate-profile": lambda g: g.call(
        "eks", "create_fargate_profile", clusterName=g.eks, fargateProfileName="planted", podExecutionRoleArn=g.role,
        selectors=[{"namespace": "default"}],
    ),
    "eks:cluster": lambda g: g.eks,
    "batch:job-queue": _job_queue,
    "batch:compute-environment": lambda g: g.batch_environment,
    "batch:job-definition": lambda g: g.call(
        "batch", "register_job_definition", jobDefinitionName="planted", type="container",
        containerProperties={"image": "i", "vcpus": 1, "memory": 128},
    ),
    "autoscaling:group": _auto_scaling,
    "autoscaling:launch-configuration": lambda g: g.call(
        "autoscaling", "create_launch_configuration", LaunchConfigurationName="planted", ImageId=g.image,
        InstanceType="t3.micro",
    ),
    "ec2:spot-fleet-request": _spot_fleet,
    "ec2:spot-instances-request": lambda g: g.ec2(
        "request_spot_instances", SpotPrice="0.1", LaunchSpecification={"ImageId": g.image, "SubnetId": g.subnets[0]}
    ),
    "ec2:fleet": _fleet,
    "ec2:instance": lambda g: g.instance,
    "ec2:launch-template": lambda g: g.launch_template,
    "ec2:image": lambda g: g.image,
    "ec2:snapshot": lambda g: g.ec2("create_snapshot", VolumeId=g.volume),
    "ec2:volume": lambda g: g.volume,
    "ec2:key-pair": lambda g: g.ec2("create_key_pair", KeyName="planted"),
    "ec2:dedicated-host": lambda g: g.ec2(
        "allocate_hosts", AvailabilityZone=f"{REGION}a", InstanceType="m5.large", Quantity=1
    ),
    "cloudfront:distribution": _distribution,
    "cloudfront:origin-access-control": lambda g: g.call(
        "cloudfront", "create_origin_access_control", OriginAccessControlConfig={
            "Name": "planted", "SigningProtocol": "sigv4", "SigningBehavior": "always",
            "OriginAccessControlOriginType": "s3",
        },
    ),
    "elasticloadbalancing:load-balancer": lambda g: g.balancer,
    "elasticloadbalancing:target-group": lambda g: g.call(
        "elbv2", "create_target_group", Name="planted", Protocol="HTTP", Port=80, VpcId=g.vpc
    ),
    "elasticloadbalancing:classic-load-balancer": lambda g: g.call(
        "elb", "create_load_balancer", LoadBalancerName="classic", Subnets=g.subnets[:1],
        Listeners=[{"Protocol": "http", "LoadBalancerPort": 80, "InstancePort": 80}],
    ),
    "route53:health-check": lambda g: g.call(
        "route53", "create_health_check", CallerReference="1",
        HealthCheckConfig={"Type": "TCP", "IPAddress": "192.0.2.1", "Port": 80},
    ),
    "route53:hosted-zone": _zone,
    "acm:certificate": lambda g: g.call("acm", "request_certificate", DomainName="planted.example"),
    **{f"wafv2:{name}": _waf(make, "REGIONAL", **more) for name, (make, more) in _WAF.items()},
    **{f"wafv2:global-{name}": _waf(make, "CLOUDFRONT", **more) for name, (make, more) in _WAF.items()},
    "sqs:queue": lambda g: g.queue,
    "sns:topic": _topic,
    "kinesis:stream": lambda g: g.call("kinesis", "create_stream", StreamName="planted", ShardCount=2),
    "firehose:delivery-stream": _firehose,
    "dynamodb:table": _table,
    "dynamodb:backup": lambda g: (
        g.call("dynamodb", "create_table", TableName="saved", BillingMode="PAY_PER_REQUEST",
               KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
               AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}]),
        g.call("dynamodb", "create_backup", TableName="saved", BackupName="planted"),
    ),
    "rds:db-proxy": lambda g: g.call(
        "rds", "create_db_proxy", DBProxyName="planted", EngineFamily="POSTGRESQL", RoleArn=g.role,
        Auth=[{"AuthScheme": "SECRETS", "SecretArn": g.arn("secretsmanager", "secret:x"), "IAMAuth": "DISABLED"}],
        VpcSubnetIds=g.subnets,
    ),
    "rds:db-instance": lambda g: g.db_instance,
    "rds:db-cluster": lambda g: g.db_cluster,
    "rds:db-snapshot": lambda g: g.call(
        "rds", "create_db_snapshot", DBSnapshotIdentifier="planted", DBInstanceIdentifier=g.db_instance
    ),
    "rds:db-cluster-snapshot": lambda g: g.call(
        "rds", "create_db_cluster_snapshot", DBClusterSnapshotIdentifier="planted", DBClusterIdentifier=g.db_cluster
    ),
    "rds:db-subnet-group": lambda g: g.call(
        "rds", "create_db_subnet_group", DBSubnetGroupName="planted", DBSubnetGroupDescription="d",
        SubnetIds=g.subnets,
    ),
    "rds:db-parameter-group": lambda g: g.call(
        "rds", "create_db_parameter_group", DBParameterGroupName="planted", DBParameterGroupFamily="postgres16",
        Description="d",
    ),
    "rds:db-cluster-parameter-group": lambda g: g.call(
        "rds", "create_db_cluster_parameter_group", DBClusterParameterGroupName="planted",
        DBParameterGroupFamily="aurora-postgresql16", Description="d",
    ),
    "rds:event-subscription": lambda g: g.call(
        "rds", "create_event_subscription", SubscriptionName="planted", SnsTopicArn=g.arn("sns", "planted")
    ),
    "elasticache:replication-group": lambda g: g.call(
        "elasticache", "create_replication_group", ReplicationGroupId="planted", ReplicationGroupDescription="d",
        Engine="redis", CacheNodeType="cache.t3.micro",
    ),
    "elasticache:cluster": lambda g: g.call(
        "elasticache", "create_cache_cluster", CacheClusterId="alone", Engine="redis", NumCacheNodes=1,
        CacheNodeType="cache.t3.micro",
    ),
    "elasticache:snapshot": lambda g: (
        g.call("elasticache", "create_cache_cluster", CacheClusterId="saved", Engine="redis", NumCacheNodes=1,
               CacheNodeType="cache.t3.micro"),
        g.call("elasticache", "create_snapshot", SnapshotName="planted", CacheClusterId="saved"),
    ),
    "elasticache:subnet-group": lambda g: g.call(
        "elasticache", "create_cache_subnet_group", CacheSubnetGroupName="planted",
        CacheSubnetGroupDescription="d", SubnetIds=g.subnets,
    ),
    "es:domain": lambda g: g.call("opensearch", "create_domain", DomainName="planted"),
    "redshift:cluster": _redshift,
    "redshift:snapshot": lambda g: (
        g.call("redshift", "create_cluster", ClusterIdentifier="saved", NodeType="ra3.large", MasterUsername="root",
               MasterUserPassword="Not-a-secret-7"),
        g.call("redshift", "create_cluster_snapshot", SnapshotIdentifier="planted", ClusterIdentifier="saved"),
    ),
    "redshift:subnet-group": lambda g: g.call(
        "redshift", "create_cluster_subnet_group", ClusterSubnetGroupName="planted", Description="d",
        SubnetIds=g.subnets,
    ),
    "s3:bucket": lambda g: g.bucket,
    "elasticfilesystem:mount-target": lambda g: g.call(
        "efs", "create_mount_target", FileSystemId=g.file_system, SubnetId=g.subnets[0]
    ),
    "elasticfilesystem:access-point": lambda g: g.call(
        "efs", "create_access_point", ClientToken="planted", FileSystemId=g.file_system
    ),
    "elasticfilesystem:file-system": lambda g: g.file_system,
    "codepipeline:pipeline": _pipeline,
    "codebuild:project": _project,
    "glue:trigger": lambda g: g.call(
        "glue", "create_trigger", Name="planted", Type="ON_DEMAND", Actions=[{"JobName": "x"}]
    ),
    "glue:crawler": lambda g: g.call(
        "glue", "create_crawler", Name="planted", Role=g.role, Targets={"S3Targets": [{"Path": "s3://x"}]}
    ),
    "glue:job": lambda g: g.call("glue", "create_job", Name="planted", Role=g.role, Command={"Name": "glueetl"}),
    "glue:connection": lambda g: g.call(
        "glue", "create_connection",
        ConnectionInput={"Name": "planted", "ConnectionType": "NETWORK", "ConnectionProperties": {}},
    ),
    "glue:database": _glue_table,
    "glue:workflow": lambda g: g.call("glue", "create_workflow", Name="planted"),
    "glue:registry": lambda g: g.call("glue", "create_registry", RegistryName="planted"),
    "athena:work-group": lambda g: g.call("athena", "create_work_group", Name="planted"),
    "athena:data-catalog": lambda g: g.call("athena", "create_data_catalog", Name="planted", Type="GLUE"),
    "ec2:natgateway": lambda g: g.ec2("create_nat_gateway", SubnetId=g.subnets[0], AllocationId=g.address),
    "ec2:vpc-endpoint": lambda g: g.ec2(
        "create_vpc_endpoint", VpcId=g.vpc, ServiceName=f"com.amazonaws.{REGION}.sqs", VpcEndpointType="Interface",
        SubnetIds=g.subnets[:1],
    ),
    "ec2:vpc-endpoint-service": lambda g: g.ec2(
        "create_vpc_endpoint_service_configuration", GatewayLoadBalancerArns=[g.call(
            "elbv2", "create_load_balancer", Name="gateway", Type="gateway", Subnets=g.subnets
        )["LoadBalancers"][0]["LoadBalancerArn"]],
    ),
    "ec2:vpc-peering-connection": _peering,
    "ec2:transit-gateway-attachment": lambda g: g.attachment,
    "ec2:transit-gateway-route-table": lambda g: g.ec2(
        "create_transit_gateway_route_table", TransitGatewayId=g.transit_gateway
    ),
    "ec2:transit-gateway": lambda g: g.transit_gateway,
    "ec2:vpn-connection": lambda g: g.vpn,
    "ec2:vpn-gateway": lambda g: g.vpn,
    "ec2:customer-gateway": lambda g: g.vpn,
    "ec2:network-interface": lambda g: g.ec2("create_network_interface", SubnetId=g.subnets[1]),
    "ec2:elastic-ip": lambda g: g.address,
    "ec2:security-group": _groups,
    "ec2:egress-only-internet-gateway": lambda g: g.ec2("create_egress_only_internet_gateway", VpcId=g.vpc),
    "ec2:carrier-gateway": lambda g: g.ec2("create_carrier_gateway", VpcId=g.vpc),
    "ec2:internet-gateway": _internet_gateway,
    "ec2:flow-log": _flow_log,
    "ec2:subnet": lambda g: g.subnets,
    "ec2:route-table": _route_table,
    "ec2:network-acl": lambda g: g.ec2("create_network_acl", VpcId=g.vpc),
    "ec2:vpc": lambda g: g.vpc,
    "ec2:dhcp-options": lambda g: g.ec2(
        "create_dhcp_options", DhcpConfigurations=[{"Key": "domain-name", "Values": ["planted.example"]}]
    ),
    "ec2:prefix-list": lambda g: g.ec2(
        "create_managed_prefix_list", PrefixListName="planted", MaxEntries=1, AddressFamily="IPv4"
    ),
    "ec2:default-group-rules": _default_group,
    "ec2:default-routes": _default_routes,
    "ec2:default-acl-entries": _default_acl,
    "cognito-idp:user-pool": _user_pool,
    "cognito-identity:identity-pool": lambda g: g.call(
        "cognito-identity", "create_identity_pool", IdentityPoolName="planted", AllowUnauthenticatedIdentities=False
    ),
    "iam:instance-profile": _profile,
    "iam:role": lambda g: g.role,
    "iam:user": lambda g: g.user,
    "iam:group": _iam_group,
    "iam:virtual-mfa-device": lambda g: g.call("iam", "create_virtual_mfa_device", VirtualMFADeviceName="planted"),
    "iam:policy": _policy,
    "iam:oidc-provider": lambda g: g.call(
        "iam", "create_open_id_connect_provider", Url="https://planted.example", ThumbprintList=["a" * 40]
    ),
    "iam:saml-provider": lambda g: g.call(
        "iam", "create_saml_provider", Name="planted", SAMLMetadataDocument="x" * 1000
    ),
    "iam:server-certificate": _cert,
    "secretsmanager:secret": lambda g: g.call(
        "secretsmanager", "create_secret", Name="planted", SecretString="nothing secret"
    ),
    "ssm:parameter": lambda g: g.call("ssm", "put_parameter", Name="planted", Value="v", Type="String"),
    "ssm:document": lambda g: g.call(
        "ssm", "create_document", Name="planted", DocumentType="Command",
        Content=json.dumps({"schemaVersion": "2.2", "description": "d", "mainSteps": []}),
    ),
    "ssm:maintenance-window": lambda g: g.call(
        "ssm", "create_maintenance_window", Name="planted", Schedule="rate(1 day)", Duration=2, Cutoff=1,
        AllowUnassociatedTargets=False,
    ),
    "kms:alias": lambda g: g.call("kms", "create_alias", AliasName="alias/planted", TargetKeyId=g.key),
    "kms:key": lambda g: g.key,
    "cloudwatch:alarm": lambda g: g.call(
        "cloudwatch", "put_metric_alarm", AlarmName="planted", EvaluationPeriods=1, Period=60, Namespace="n",
        MetricName="m", Statistic="Sum", Threshold=1, ComparisonOperator="GreaterThanThreshold",
    ),
    "cloudwatch:dashboard": _dashboard,
    "cloudtrail:trail": _trail,
    "config:rule": lambda g: (_recorder(g), g.call("config", "put_config_rule", ConfigRule={
        "ConfigRuleName": "planted", "Source": {"Owner": "AWS", "SourceIdentifier": "S3_BUCKET_VERSIONING_ENABLED"},
    })),
    "config:recorder": _recorder,
    "config:delivery-channel": _channel,
    "guardduty:detector": lambda g: g.call("guardduty", "create_detector", Enable=True),
    "securityhub:hub": lambda g: g.call("securityhub", "enable_security_hub"),
    "logs:destination": lambda g: g.call(
        "logs", "put_destination", destinationName="planted", targetArn=g.queue, roleArn=g.role
    ),
    "logs:resource-policy": lambda g: g.call(
        "logs", "put_resource_policy", policyName="planted", policyDocument=TRUST
    ),
    "logs:log-group": lambda g: g.call("logs", "create_log_group", logGroupName="planted"),
}  # fmt: skip
