"""One thing of each type, made in an account of the simulator by real calls, as small as it gets."""

import json
from collections.abc import Callable
from typing import Any

from tests.provisioning.aws.sweeper import plants
from tests.provisioning.aws.sweeper.garden import TEMPLATE, TRUST, Garden
from tests.provisioning.sandboxes import REGION

# Types of which nothing can be planted, and why.
UNPLANTABLE = {
    "ec2:transit-gateway-peering": "the simulator makes them without an account's agreement only across regions",
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

PLANTERS: dict[str, Callable[[Garden], Any]] = {
    "cloudformation:stack": lambda g: g.call(
        "cloudformation", "create_stack", StackName="theirs", TemplateBody=TEMPLATE
    ),
    "cloudformation:starter-stack": plants.starter_stack,
    "events:rule": plants.rule,
    "events:archive": lambda g: g.call(
        "events", "create_archive", ArchiveName="planted", EventSourceArn=g.arn("events", "event-bus/default")
    ),
    "events:api-destination": lambda g: g.call(
        "events", "create_api_destination", Name="planted", ConnectionArn=g.connection,
        InvocationEndpoint="https://x.example", HttpMethod="GET",
    ),
    "events:connection": lambda g: g.connection,
    "events:bus": lambda g: g.bus,
    "pipes:pipe": plants.pipe,
    "scheduler:schedule": plants.schedule,
    "scheduler:schedule-group": lambda g: g.call("scheduler", "create_schedule_group", Name="empty"),
    "lambda:event-source-mapping": lambda g: g.call(
        "lambda", "create_event_source_mapping", FunctionName=g.function, EventSourceArn=g.queue
    ),
    "lambda:function": lambda g: g.function,
    "lambda:layer-version": plants.layer,
    "states:state-machine": lambda g: g.state_machine,
    "states:activity": lambda g: g.call("stepfunctions", "create_activity", name="planted"),
    "apigateway:usage-plan": plants.usage_plan,
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
    "ecs:service": plants.service,
    "ecs:task": plants.task,
    "ecs:container-instance": lambda g: g.container_instance,
    "ecs:cluster": lambda g: g.cluster,
    "ecs:task-definition": lambda g: g.task_definition,
    "ecs:inactive-task-definition": plants.inactive_task_definition,
    "ecr:repository": lambda g: g.call("ecr", "create_repository", repositoryName="planted"),
    "eks:nodegroup": lambda g: g.call(
        "eks", "create_nodegroup", clusterName=g.eks, nodegroupName="planted", subnets=g.subnets, nodeRole=g.role
    ),
    "eks:fargate-profile": lambda g: g.call(
        "eks", "create_fargate_profile", clusterName=g.eks, fargateProfileName="planted", podExecutionRoleArn=g.role,
        selectors=[{"namespace": "default"}],
    ),
    "eks:cluster": lambda g: g.eks,
    "batch:job-queue": plants.job_queue,
    "batch:compute-environment": lambda g: g.batch_environment,
    "batch:job-definition": lambda g: g.call(
        "batch", "register_job_definition", jobDefinitionName="planted", type="container",
        containerProperties={"image": "i", "vcpus": 1, "memory": 128},
    ),
    "autoscaling:group": plants.auto_scaling,
    "autoscaling:launch-configuration": lambda g: g.call(
        "autoscaling", "create_launch_configuration", LaunchConfigurationName="planted", ImageId=g.image,
        InstanceType="t3.micro",
    ),
    "ec2:spot-fleet-request": plants.spot_fleet,
    "ec2:spot-instances-request": lambda g: g.ec2(
        "request_spot_instances", SpotPrice="0.1", LaunchSpecification={"ImageId": g.image, "SubnetId": g.subnets[0]}
    ),
    "ec2:fleet": plants.fleet,
    "ec2:instance": lambda g: g.instance,
    "ec2:launch-template": lambda g: g.launch_template,
    "ec2:image": lambda g: g.image,
    "ec2:snapshot": lambda g: g.ec2("create_snapshot", VolumeId=g.volume),
    "ec2:volume": lambda g: g.volume,
    "ec2:key-pair": lambda g: g.ec2("create_key_pair", KeyName="planted"),
    "ec2:dedicated-host": lambda g: g.ec2(
        "allocate_hosts", AvailabilityZone=f"{REGION}a", InstanceType="m5.large", Quantity=1
    ),
    "cloudfront:distribution": plants.distribution,
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
    "route53:hosted-zone": plants.zone,
    "acm:certificate": lambda g: g.call("acm", "request_certificate", DomainName="planted.example"),
    **{f"wafv2:{name}": plants.waf(make, "REGIONAL", **more) for name, (make, more) in plants.WAF.items()},
    **{f"wafv2:global-{name}": plants.waf(make, "CLOUDFRONT", **more) for name, (make, more) in plants.WAF.items()},
    "sqs:queue": lambda g: g.queue,
    "sns:topic": plants.topic,
    "kinesis:stream": lambda g: g.call("kinesis", "create_stream", StreamName="planted", ShardCount=2),
    "firehose:delivery-stream": plants.firehose,
    "dynamodb:table": plants.table,
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
    "redshift:cluster": plants.redshift,
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
    "codepipeline:pipeline": plants.pipeline,
    "codebuild:project": plants.project,
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
    "glue:database": plants.glue_table,
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
    "ec2:vpc-peering-connection": plants.peering,
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
    "ec2:security-group": plants.groups,
    "ec2:egress-only-internet-gateway": lambda g: g.ec2("create_egress_only_internet_gateway", VpcId=g.vpc),
    "ec2:carrier-gateway": lambda g: g.ec2("create_carrier_gateway", VpcId=g.vpc),
    "ec2:internet-gateway": plants.internet_gateway,
    "ec2:flow-log": plants.flow_log,
    "ec2:subnet": lambda g: g.subnets,
    "ec2:route-table": plants.route_table,
    "ec2:network-acl": lambda g: g.ec2("create_network_acl", VpcId=g.vpc),
    "ec2:vpc": lambda g: g.vpc,
    "ec2:dhcp-options": lambda g: g.ec2(
        "create_dhcp_options", DhcpConfigurations=[{"Key": "domain-name", "Values": ["planted.example"]}]
    ),
    "ec2:prefix-list": lambda g: g.ec2(
        "create_managed_prefix_list", PrefixListName="planted", MaxEntries=1, AddressFamily="IPv4"
    ),
    "ec2:default-group-rules": plants.default_group,
    "ec2:default-routes": plants.default_routes,
    "ec2:default-acl-entries": plants.default_acl,
    "cognito-idp:user-pool": plants.user_pool,
    "cognito-identity:identity-pool": lambda g: g.call(
        "cognito-identity", "create_identity_pool", IdentityPoolName="planted", AllowUnauthenticatedIdentities=False
    ),
    "iam:instance-profile": plants.profile,
    "iam:role": lambda g: g.role,
    "iam:user": lambda g: g.user,
    "iam:group": plants.iam_group,
    "iam:virtual-mfa-device": lambda g: g.call("iam", "create_virtual_mfa_device", VirtualMFADeviceName="planted"),
    "iam:policy": plants.policy,
    "iam:oidc-provider": lambda g: g.call(
        "iam", "create_open_id_connect_provider", Url="https://planted.example", ThumbprintList=["a" * 40]
    ),
    "iam:saml-provider": lambda g: g.call(
        "iam", "create_saml_provider", Name="planted", SAMLMetadataDocument="x" * 1000
    ),
    "iam:server-certificate": plants.cert,
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
    "cloudwatch:dashboard": plants.dashboard,
    "cloudtrail:trail": plants.trail,
    "config:rule": lambda g: (plants.recorder(g), g.call("config", "put_config_rule", ConfigRule={
        "ConfigRuleName": "planted", "Source": {"Owner": "AWS", "SourceIdentifier": "S3_BUCKET_VERSIONING_ENABLED"},
    })),
    "config:recorder": plants.recorder,
    "config:delivery-channel": plants.channel,
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
