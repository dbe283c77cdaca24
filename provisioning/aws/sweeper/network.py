"""EC2: machines, their disks and addresses, and the networks around them."""

from collections.abc import Callable, Iterator
from typing import Any

from provisioning.aws.errors import Conflict, Missing
from provisioning.aws.sweeper.resource import Place, ResourceType


def _ec2(
    name: str,
    *,
    listing: str,
    path: str,
    delete: Callable[[Place, str], None],
    after: tuple[str, ...] = (),
    owner: str | None = None,
) -> ResourceType:
    """Declare a type whose listing yields plain ids; `owner` is the parameter that leaves out the public ones."""

    def find(place: Place) -> Iterator[tuple[str, str]]:
        mine: dict[str, Any] = {}
        if owner:
            # Said twice, because the simulator lists its public snapshots as everybody's own.
            mine = {
                owner: ["self"],
                "Filters": [{"Name": "owner-id", "Values": [place.session.account_id]}],
            }
        for handle in place.items("ec2", listing, path, **mine):
            yield handle, place.arn("ec2", f"{name}/{handle}")

    return ResourceType(f"ec2:{name}", find, delete, tuple(f"ec2:{each}" for each in after))


def _simple(operation: str, parameter: str) -> Callable[[Place, str], None]:
    def delete(place: Place, handle: str) -> None:
        place.call("ec2", operation, **{parameter: handle})

    return delete


def _delete_endpoint(place: Place, endpoint: str) -> None:
    place.call("ec2", "delete_vpc_endpoints", VpcEndpointIds=[endpoint])


def _terminate(place: Place, instance: str) -> None:
    for attribute in ("DisableApiTermination", "DisableApiStop"):
        try:
            place.call("ec2", "modify_instance_attribute", InstanceId=instance, **{attribute: {"Value": False}})
        except Conflict:
            continue  # Not every instance has every protection.
    place.call("ec2", "terminate_instances", InstanceIds=[instance])


def _detach_interface(place: Place, interface: str) -> None:
    found = place.items("ec2", "describe_network_interfaces", "NetworkInterfaces[]", NetworkInterfaceIds=[interface])
    attachment = found[0].get("Attachment", {}).get("AttachmentId") if found else None
    if attachment:
        place.call("ec2", "detach_network_interface", AttachmentId=attachment, Force=True)
    place.call("ec2", "delete_network_interface", NetworkInterfaceId=interface)


def _release_address(place: Place, allocation: str) -> None:
    found = place.items("ec2", "describe_addresses", "Addresses[]", AllocationIds=[allocation])
    if found and found[0].get("AssociationId"):
        place.call("ec2", "disassociate_address", AssociationId=found[0]["AssociationId"])
    place.call("ec2", "release_address", AllocationId=allocation)


def _delete_group(place: Place, group: str) -> None:
    found = place.items("ec2", "describe_security_groups", "SecurityGroups[]", GroupIds=[group])
    # Groups that name each other can only be deleted once their rules are gone.
    for operation, rules in (
        ("revoke_security_group_ingress", "IpPermissions"),
        ("revoke_security_group_egress", "IpPermissionsEgress"),
    ):
        if found and found[0].get(rules):
            place.call("ec2", operation, GroupId=group, IpPermissions=found[0][rules])
    place.call("ec2", "delete_security_group", GroupId=group)


def _delete_internet_gateway(place: Place, gateway: str) -> None:
    for vpc in place.items(
        "ec2", "describe_internet_gateways", "InternetGateways[].Attachments[].VpcId", InternetGatewayIds=[gateway]
    ):
        place.call("ec2", "detach_internet_gateway", InternetGatewayId=gateway, VpcId=vpc)
    place.call("ec2", "delete_internet_gateway", InternetGatewayId=gateway)


def _delete_route_table(place: Place, table: str) -> None:
    for association in place.items(
        "ec2",
        "describe_route_tables",
        "RouteTables[].Associations[?!Main].RouteTableAssociationId[]",
        RouteTableIds=[table],
    ):
        try:
            place.call("ec2", "disassociate_route_table", AssociationId=association)
        except Missing:
            continue
    place.call("ec2", "delete_route_table", RouteTableId=table)


# A VPC's main route table, default group and default access list go with the VPC itself and cannot go before it.
_ROUTE_TABLES = "RouteTables[?!not_null(Associations[?Main]|[0])].RouteTableId"

TYPES = (
    _ec2(
        "instance",
        listing="describe_instances",
        path="Reservations[].Instances[?State.Name!='terminated'][].InstanceId",
        delete=_terminate,
    ),
    _ec2(
        "natgateway",
        listing="describe_nat_gateways",
        path="NatGateways[?State!='deleted'].NatGatewayId",
        delete=_simple("delete_nat_gateway", "NatGatewayId"),
    ),
    _ec2(
        "vpc-endpoint",
        listing="describe_vpc_endpoints",
        path="VpcEndpoints[?State!='deleted'].VpcEndpointId",
        delete=_delete_endpoint,
    ),
    _ec2(
        "image",
        listing="describe_images",
        path="Images[].ImageId",
        delete=_simple("deregister_image", "ImageId"),
        owner="Owners",
    ),
    _ec2(
        "snapshot",
        listing="describe_snapshots",
        path="Snapshots[].SnapshotId",
        delete=_simple("delete_snapshot", "SnapshotId"),
        after=("image",),
        owner="OwnerIds",
    ),
    _ec2(
        "volume",
        listing="describe_volumes",
        path="Volumes[].VolumeId",
        delete=_simple("delete_volume", "VolumeId"),
        after=("instance",),
    ),
    _ec2(
        "launch-template",
        listing="describe_launch_templates",
        path="LaunchTemplates[].LaunchTemplateId",
        delete=_simple("delete_launch_template", "LaunchTemplateId"),
    ),
    _ec2(
        "network-interface",
        listing="describe_network_interfaces",
        path="NetworkInterfaces[].NetworkInterfaceId",
        delete=_detach_interface,
        after=("instance", "natgateway", "vpc-endpoint"),
    ),
    _ec2(
        "elastic-ip",
        listing="describe_addresses",
        path="Addresses[?AllocationId].AllocationId",
        delete=_release_address,
        after=("instance", "natgateway"),
    ),
    _ec2(
        "security-group",
        listing="describe_security_groups",
        path="SecurityGroups[?GroupName!='default'].GroupId",
        delete=_delete_group,
        after=("instance", "network-interface", "vpc-endpoint"),
    ),
    _ec2(
        "internet-gateway",
        listing="describe_internet_gateways",
        path="InternetGateways[].InternetGatewayId",
        delete=_delete_internet_gateway,
        after=("instance", "natgateway", "elastic-ip"),
    ),
    _ec2(
        "subnet",
        listing="describe_subnets",
        path="Subnets[].SubnetId",
        delete=_simple("delete_subnet", "SubnetId"),
        after=("instance", "natgateway", "vpc-endpoint", "network-interface"),
    ),
    _ec2(
        "route-table",
        listing="describe_route_tables",
        path=_ROUTE_TABLES,
        delete=_delete_route_table,
        after=("subnet", "internet-gateway"),
    ),
    _ec2(
        "network-acl",
        listing="describe_network_acls",
        path="NetworkAcls[?!IsDefault].NetworkAclId",
        delete=_simple("delete_network_acl", "NetworkAclId"),
        after=("subnet",),
    ),
    _ec2(
        "vpc",
        listing="describe_vpcs",
        path="Vpcs[].VpcId",
        delete=_simple("delete_vpc", "VpcId"),
        after=(
            "instance",
            "subnet",
            "route-table",
            "network-acl",
            "internet-gateway",
            "security-group",
            "network-interface",
            "vpc-endpoint",
        ),
    ),
    _ec2(
        "key-pair",
        listing="describe_key_pairs",
        path="KeyPairs[].KeyPairId",
        delete=_simple("delete_key_pair", "KeyPairId"),
    ),
)
