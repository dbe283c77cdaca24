"""An account of the simulator in which something of every type is planted, with what several plants need."""

import io
import json
import zipfile
from functools import cached_property
from typing import Any

from provisioning.aws.sessions import Session
from tests.provisioning.sandboxes import REGION

TRUST = json.dumps({"Version": "2012-10-17", "Statement": []})
ALLOW = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}]})
TEMPLATE = '{"Resources": {"T": {"Type": "AWS::SNS::Topic"}}}'


def code_archive() -> bytes:
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
            Handler="main.handler", Code={"ZipFile": code_archive()},
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
