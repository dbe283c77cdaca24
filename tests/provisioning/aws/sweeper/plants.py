"""Types of which one thing needs more than one call."""

import json
from collections.abc import Callable
from typing import Any

from tests.provisioning.aws.sweeper.garden import ALLOW, TEMPLATE, TRUST, Garden, code_archive


def groups(g: Garden) -> None:
    names = ("planted-a", "planted-b")
    pair = [g.ec2("create_security_group", GroupName=n, Description="d", VpcId=g.vpc)["GroupId"] for n in names]
    for one, other in (pair, reversed(pair)):
        rule = [{"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": other}]}]
        g.ec2("authorize_security_group_ingress", GroupId=one, IpPermissions=rule)


def zone(g: Garden) -> None:
    zone = g.call("route53", "create_hosted_zone", Name="planted.example", CallerReference="1")["HostedZone"]["Id"]
    record = {
        "Name": "www.planted.example", "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": "192.0.2.1"}],
    }  # fmt: skip
    batch = {"Changes": [{"Action": "CREATE", "ResourceRecordSet": record}]}
    g.call("route53", "change_resource_record_sets", HostedZoneId=zone, ChangeBatch=batch)


def waf(operation: str, scope: str, **more: Any) -> Callable[[Garden], Any]:
    name = f"planted-{scope.lower()}"
    return lambda g: g.call("wafv2", operation, Name=name, Scope=scope, **more)


SIGHT = {"SampledRequestsEnabled": False, "CloudWatchMetricsEnabled": False, "MetricName": "m"}
WAF: dict[str, tuple[str, dict[str, Any]]] = {
    "web-acl": ("create_web_acl", {"DefaultAction": {"Allow": {}}, "VisibilityConfig": SIGHT}),
    "rule-group": ("create_rule_group", {"Capacity": 1, "VisibilityConfig": SIGHT}),
    "ip-set": ("create_ip_set", {"IPAddressVersion": "IPV4", "Addresses": []}),
    "regex-pattern-set": ("create_regex_pattern_set", {"RegularExpressionList": [{"RegexString": "x"}]}),
}


def distribution(g: Garden) -> None:
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


def usage_plan(g: Garden) -> None:
    g.call("apigateway", "create_usage_plan", name="planted")


def table(g: Garden) -> None:
    g.call(
        "dynamodb", "create_table", TableName="planted", BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}], DeletionProtectionEnabled=True,
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
    )  # fmt: skip


def recorder(g: Garden) -> None:
    g.call("config", "put_configuration_recorder", ConfigurationRecorder={"name": "planted", "roleARN": g.role})


def channel(g: Garden) -> None:
    recorder(g)
    g.call("config", "put_delivery_channel", DeliveryChannel={"name": "planted", "s3BucketName": g.bucket})


def pipeline(g: Garden) -> None:
    def stage(name: str, category: str, provider: str, settings: dict[str, str]) -> dict[str, Any]:
        kind = {"category": category, "owner": "AWS", "provider": provider, "version": "1"}
        return {"name": name, "actions": [{"name": name, "actionTypeId": kind, "configuration": settings}]}

    source = stage("Source", "Source", "S3", {"S3Bucket": g.bucket, "S3ObjectKey": "k"})
    build = stage("Build", "Build", "CodeBuild", {"ProjectName": "planted"})
    g.call("codepipeline", "create_pipeline", pipeline={
        "name": "planted", "roleArn": pipeline_role(g), "stages": [source, build],
        "artifactStore": {"type": "S3", "location": g.bucket},
    })  # fmt: skip


def pipeline_role(g: Garden) -> str:
    service = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "codepipeline.amazonaws.com"}}
    document = json.dumps({"Version": "2012-10-17", "Statement": [service]})
    return g.call("iam", "create_role", RoleName="planted-pipeline", AssumeRolePolicyDocument=document)["Role"]["Arn"]


def service(g: Garden) -> None:
    g.call("ecs", "create_service", cluster=g.cluster, serviceName="planted", taskDefinition=g.task_definition,
           desiredCount=1, launchType="FARGATE",
           networkConfiguration={"awsvpcConfiguration": {"subnets": g.subnets, "securityGroups": []}})  # fmt: skip


def task(g: Garden) -> None:
    assert g.container_instance
    container = {"name": "c", "image": "i", "memory": 128, "cpu": 1}
    g.call("ecs", "register_task_definition", family="running", containerDefinitions=[container])
    g.call("ecs", "run_task", cluster=g.cluster, taskDefinition="running", launchType="EC2")


def inactive_task_definition(g: Garden) -> None:
    arn = g.call(
        "ecs",
        "register_task_definition",
        family="old",
        containerDefinitions=[{"name": "c", "image": "i", "memory": 128}],
    )
    g.call("ecs", "deregister_task_definition", taskDefinition=arn["taskDefinition"]["taskDefinitionArn"])


def auto_scaling(g: Garden) -> None:
    g.call("autoscaling", "create_auto_scaling_group", AutoScalingGroupName="planted", MinSize=1, MaxSize=1,
           LaunchTemplate={"LaunchTemplateId": g.launch_template}, VPCZoneIdentifier=g.subnets[0])  # fmt: skip


def spot_fleet(g: Garden) -> None:
    specification = {"ImageId": g.image, "InstanceType": "t3.micro", "SubnetId": g.subnets[0]}
    g.ec2("request_spot_fleet", SpotFleetRequestConfig={
        "IamFleetRole": g.role, "TargetCapacity": 1, "AllocationStrategy": "lowestPrice", "SpotPrice": "0.1",
        "LaunchSpecifications": [specification],
    })  # fmt: skip


def fleet(g: Garden) -> None:
    template = {"LaunchTemplateId": g.launch_template, "Version": "1"}
    g.ec2("create_fleet", TargetCapacitySpecification={"TotalTargetCapacity": 1, "DefaultTargetCapacityType": "spot"},
          LaunchTemplateConfigs=[{"LaunchTemplateSpecification": template}])  # fmt: skip


def peering(g: Garden) -> None:
    other = g.ec2("create_vpc", CidrBlock="10.8.0.0/16")["Vpc"]["VpcId"]
    g.ec2("create_vpc_peering_connection", VpcId=g.vpc, PeerVpcId=other)


def internet_gateway(g: Garden) -> None:
    gateway = g.ec2("create_internet_gateway")["InternetGateway"]["InternetGatewayId"]
    g.ec2("attach_internet_gateway", InternetGatewayId=gateway, VpcId=g.vpc)


def route_table(g: Garden) -> None:
    table = g.ec2("create_route_table", VpcId=g.vpc)["RouteTable"]["RouteTableId"]
    g.ec2("associate_route_table", RouteTableId=table, SubnetId=g.subnets[0])


def policy(g: Garden) -> None:
    arn = g.call("iam", "create_policy", PolicyName="planted", PolicyDocument=ALLOW)["Policy"]["Arn"]
    g.call("iam", "create_policy_version", PolicyArn=arn, PolicyDocument=ALLOW)
    g.call("iam", "attach_user_policy", UserName=g.user, PolicyArn=arn)


def profile(g: Garden) -> None:
    g.call("iam", "create_instance_profile", InstanceProfileName="planted")
    g.call("iam", "create_role", RoleName="planted-machine", AssumeRolePolicyDocument=TRUST)
    g.call("iam", "add_role_to_instance_profile", InstanceProfileName="planted", RoleName="planted-machine")


def iam_group(g: Garden) -> None:
    g.call("iam", "create_group", GroupName="planted")
    g.call("iam", "add_user_to_group", GroupName="planted", UserName=g.user)


def rule(g: Garden) -> None:
    g.call("events", "put_rule", Name="planted", EventBusName=g.bus, EventPattern='{"source": ["x"]}')
    g.call("events", "put_targets", Rule="planted", EventBusName=g.bus, Targets=[{"Id": "1", "Arn": g.queue}])


def topic(g: Garden) -> None:
    topic = g.call("sns", "create_topic", Name="planted")["TopicArn"]
    g.call("sns", "subscribe", TopicArn=topic, Protocol="sqs", Endpoint=g.queue)


def starter_stack(g: Garden) -> None:
    g.call("cloudformation", "create_stack", StackName="starter", TemplateBody=TEMPLATE,
           Tags=[{"Key": "gameday:lease", "Value": "1"}], EnableTerminationProtection=True)  # fmt: skip


def user_pool(g: Garden) -> None:
    pool = g.call("cognito-idp", "create_user_pool", PoolName="planted", DeletionProtection="ACTIVE")["UserPool"]["Id"]
    g.call("cognito-idp", "create_user_pool_domain", Domain=f"planted-{g.tail}", UserPoolId=pool)


def firehose(g: Garden) -> None:
    g.call("firehose", "create_delivery_stream", DeliveryStreamName="planted", S3DestinationConfiguration={
        "RoleARN": g.role, "BucketARN": f"arn:aws:s3:::{g.bucket}",
    })  # fmt: skip


def pipe(g: Garden) -> None:
    g.call("pipes", "create_pipe", Name="planted", Source=g.queue, Target=g.function, RoleArn=g.role)


def schedule(g: Garden) -> None:
    g.call("scheduler", "create_schedule", Name="planted", GroupName="default", ScheduleExpression="rate(1 day)",
           FlexibleTimeWindow={"Mode": "OFF"}, Target={"Arn": g.queue, "RoleArn": g.role})  # fmt: skip


def dashboard(g: Garden) -> None:
    g.call("cloudwatch", "put_dashboard", DashboardName="planted", DashboardBody='{"widgets": []}')


def job_queue(g: Garden) -> None:
    order = [{"order": 1, "computeEnvironment": g.batch_environment}]
    g.call("batch", "create_job_queue", jobQueueName="planted", state="ENABLED", priority=1,
           computeEnvironmentOrder=order)  # fmt: skip


def trail(g: Garden) -> None:
    g.call("cloudtrail", "create_trail", Name="planted", S3BucketName=g.bucket)
    g.call("cloudtrail", "start_logging", Name="planted")


def flow_log(g: Garden) -> None:
    g.call("logs", "create_log_group", logGroupName="flow")
    g.ec2("create_flow_logs", ResourceIds=[g.vpc], ResourceType="VPC", TrafficType="ALL", LogGroupName="flow",
          DeliverLogsPermissionArn=g.role)  # fmt: skip


def layer(g: Garden) -> None:
    for _ in range(2):
        g.call("lambda", "publish_layer_version", LayerName="planted", Content={"ZipFile": code_archive()})


def redshift(g: Garden) -> None:
    g.call("redshift", "create_cluster", ClusterIdentifier="planted", NodeType="ra3.large", MasterUsername="root",
           MasterUserPassword="Not-a-secret-7")  # fmt: skip


def project(g: Garden) -> None:
    g.call("codebuild", "create_project", name="planted", source={"type": "S3", "location": f"{g.bucket}/x.zip"},
           artifacts={"type": "NO_ARTIFACTS"}, serviceRole=g.role,
           environment={"type": "LINUX_CONTAINER", "image": "i", "computeType": "BUILD_GENERAL1_SMALL"})  # fmt: skip
    g.call("codebuild", "start_build", projectName="planted")


def cert(g: Garden) -> None:
    g.call("iam", "upload_server_certificate", ServerCertificateName="planted", CertificateBody="x", PrivateKey="y")


def glue_table(g: Garden) -> None:
    g.call("glue", "create_database", DatabaseInput={"Name": "planted"})
    g.call("glue", "create_table", DatabaseName="planted", TableInput={"Name": "planted"})


def default_group(g: Garden) -> None:
    group = g.ec2("describe_security_groups", Filters=[{"Name": "group-name", "Values": ["default"]}, {
        "Name": "vpc-id", "Values": [default_vpc(g)]}])["SecurityGroups"][0]["GroupId"]  # fmt: skip
    rule = [{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    g.ec2("authorize_security_group_ingress", GroupId=group, IpPermissions=rule)


def default_vpc(g: Garden) -> str:
    return g.ec2("describe_vpcs", Filters=[{"Name": "isDefault", "Values": ["true"]}])["Vpcs"][0]["VpcId"]


def default_routes(g: Garden) -> None:
    vpc = [{"Name": "vpc-id", "Values": [default_vpc(g)]}]
    table = g.ec2("describe_route_tables", Filters=vpc)["RouteTables"][0]["RouteTableId"]
    interface = g.ec2("create_network_interface", SubnetId=g.subnets[0])["NetworkInterface"]["NetworkInterfaceId"]
    g.ec2("create_route", RouteTableId=table, DestinationCidrBlock="10.99.0.0/16", NetworkInterfaceId=interface)


def default_acl(g: Garden) -> None:
    vpc = [{"Name": "vpc-id", "Values": [default_vpc(g)]}]
    acl = g.ec2("describe_network_acls", Filters=vpc)["NetworkAcls"][0]["NetworkAclId"]
    g.ec2("create_network_acl_entry", NetworkAclId=acl, RuleNumber=7, Protocol="-1", RuleAction="deny", Egress=False,
          CidrBlock="10.0.0.0/8")  # fmt: skip
