"""Networks: what connects them, what guards them, and at last the networks themselves."""

from contextlib import suppress
from typing import Any

from provisioning.aws.errors import Conflict, Missing
from provisioning.aws.sweeper.declaring import HANDLE, Deletion
from provisioning.aws.sweeper.ec2 import ec2
from provisioning.aws.sweeper.resource import Place


def _delete_interface(place: Place, interface: str) -> None:
    found = place.items("ec2", "describe_network_interfaces", "NetworkInterfaces[]", NetworkInterfaceIds=[interface])
    attachment = found[0].get("Attachment", {}).get("AttachmentId") if found else None
    if attachment:
        with suppress(Conflict):  # A machine's first one is never detached; what is in use, EC2 does not delete.
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


def _delete_vpn_gateway(place: Place, gateway: str) -> None:
    for vpc in place.items(
        "ec2",
        "describe_vpn_gateways",
        "VpnGateways[].VpcAttachments[?State=='attached'][].VpcId",
        VpnGatewayIds=[gateway],
    ):
        place.call("ec2", "detach_vpn_gateway", VpnGatewayId=gateway, VpcId=vpc)
    place.call("ec2", "delete_vpn_gateway", VpnGatewayId=gateway)


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


def _delete_acl(place: Place, acl: str) -> None:
    for found in place.items("ec2", "describe_network_acls", "NetworkAcls[]", NetworkAclIds=[acl]):
        default = place.items(
            "ec2",
            "describe_network_acls",
            "NetworkAcls[?IsDefault].NetworkAclId",
            Filters=[{"Name": "vpc-id", "Values": [found["VpcId"]]}],
        )
        for association in found.get("Associations", []):
            place.call(
                "ec2",
                "replace_network_acl_association",
                AssociationId=association["NetworkAclAssociationId"],
                NetworkAclId=default[0],
            )
    place.call("ec2", "delete_network_acl", NetworkAclId=acl)


def _delete_dhcp_options(place: Place, options: str) -> None:
    # AWS's own set only names its resolver; a network that used another one gets that back.
    sets = place.items("ec2", "describe_dhcp_options", "DhcpOptions[]")
    own = [each["DhcpOptionsId"] for each in sets if each["DhcpOptionsId"] != options and _is_aws_own(each)]
    for vpc in place.items("ec2", "describe_vpcs", f"Vpcs[?DhcpOptionsId=='{options}'].VpcId"):
        place.call("ec2", "associate_dhcp_options", VpcId=vpc, DhcpOptionsId=own[0] if own else "default")
    place.call("ec2", "delete_dhcp_options", DhcpOptionsId=options)


def _is_aws_own(options: dict[str, Any]) -> bool:
    values = {
        each["Key"]: [value["Value"] for value in each["Values"]] for each in options.get("DhcpConfigurations", [])
    }
    return values.get("domain-name-servers") == ["AmazonProvidedDNS"] and set(values) <= {
        "domain-name",
        "domain-name-servers",
    }


_GONE = "State == 'deleted'"
# What EC2 makes with a VPC goes with the VPC, and cannot go before it.
_WITH_VPC = "goes with its network"
_IN_VPC = ("instance", "natgateway", "vpc-endpoint", "network-interface")
# Services whose machines and addresses stand in subnets under interfaces of their own.
_GUESTS = (
    "elasticloadbalancing:load-balancer", "elasticloadbalancing:classic-load-balancer", "rds:db-instance",
    "elasticache:cluster", "elasticfilesystem:mount-target", "lambda:function", "ecs:service", "ecs:task",
    "eks:cluster", "es:domain", "redshift:cluster", "apigateway:vpc-link", "apigateway:http-vpc-link",
)  # fmt: skip

TYPES = (
    ec2(
        "natgateway", "describe_nat_gateways", "NatGateways[]", "NatGatewayId", "delete_nat_gateway",
        created="CreateTime", tombstone="contains(['deleted', 'failed'], State)",
        details={"connectivity": "ConnectivityType"}, price="ec2:natgateway",
    ),
    ec2(
        "vpc-endpoint", "describe_vpc_endpoints", "VpcEndpoints[]", "VpcEndpointId", "delete_vpc_endpoints",
        deletes_many=True, created="CreationTimestamp", tombstone=_GONE,
        details={"endpoint_type": "VpcEndpointType", "zones": "length(not_null(SubnetIds, `[]`))"},
        price="ec2:vpc-endpoint",
    ),
    ec2(
        "vpc-endpoint-service", "describe_vpc_endpoint_service_configurations", "ServiceConfigurations[]", "ServiceId",
        "delete_vpc_endpoint_service_configurations", deletes_many=True, tombstone="ServiceState == 'Deleted'",
    ),
    ec2(
        "vpc-peering-connection", "describe_vpc_peering_connections", "VpcPeeringConnections[]",
        "VpcPeeringConnectionId", "delete_vpc_peering_connection",
        tombstone="contains(['deleted', 'rejected', 'expired', 'failed'], Status.Code)",
    ),
    ec2(
        "transit-gateway-attachment", "describe_transit_gateway_vpc_attachments", "TransitGatewayVpcAttachments[]",
        "TransitGatewayAttachmentId", "delete_transit_gateway_vpc_attachment", created="CreationTime",
        tombstone=_GONE, price="ec2:transit-gateway-attachment",
    ),
    ec2(
        "transit-gateway-peering", "describe_transit_gateway_peering_attachments", "TransitGatewayPeeringAttachments[]",
        "TransitGatewayAttachmentId", "delete_transit_gateway_peering_attachment", created="CreationTime",
        tombstone="contains(['deleted', 'rejected', 'failed'], State)", price="ec2:transit-gateway-attachment",
    ),
    ec2(
        "transit-gateway-route-table", "describe_transit_gateway_route_tables", "TransitGatewayRouteTables[]",
        "TransitGatewayRouteTableId", "delete_transit_gateway_route_table", created="CreationTime", tombstone=_GONE,
        after=("transit-gateway-attachment", "transit-gateway-peering", "vpn-connection"),
        protect={"goes with its gateway": "DefaultAssociationRouteTable || DefaultPropagationRouteTable"},
    ),
    ec2(
        "transit-gateway", "describe_transit_gateways", "TransitGateways[]", "TransitGatewayId",
        "delete_transit_gateway", created="CreationTime", tombstone=_GONE,
        after=("transit-gateway-attachment", "transit-gateway-peering", "transit-gateway-route-table",
               "vpn-connection"),
    ),
    ec2(
        "vpn-connection", "describe_vpn_connections", "VpnConnections[]", "VpnConnectionId", "delete_vpn_connection",
        tombstone=_GONE, price="ec2:vpn-connection",
    ),
    ec2(
        "vpn-gateway", "describe_vpn_gateways", "VpnGateways[]", "VpnGatewayId", _delete_vpn_gateway,
        after=("vpn-connection",), tombstone=_GONE,
    ),
    ec2(
        "customer-gateway", "describe_customer_gateways", "CustomerGateways[]", "CustomerGatewayId",
        "delete_customer_gateway", after=("vpn-connection",), tombstone=_GONE,
    ),
    ec2(
        "client-vpn-endpoint", "describe_client_vpn_endpoints", "ClientVpnEndpoints[]", "ClientVpnEndpointId",
        "delete_client_vpn_endpoint", created="CreationTime", tombstone="Status.Code == 'deleted'",
        price="ec2:client-vpn-endpoint", is_simulated=False,
    ),
    ec2(
        "network-interface", "describe_network_interfaces", "NetworkInterfaces[]", "NetworkInterfaceId",
        _delete_interface, after=("instance", "natgateway", "vpc-endpoint", *_GUESTS),
        protect={"belongs to an AWS service and goes with what that made it for": "RequesterManaged"},
    ),
    ec2(
        "elastic-ip", "describe_addresses", "Addresses[?AllocationId]", "AllocationId", _release_address,
        after=("instance", "natgateway", *_GUESTS[:1]), details={"association": "AssociationId"},
        price="ec2:elastic-ip",
    ),
    ec2(
        "security-group", "describe_security_groups", "SecurityGroups[]", "GroupId", _delete_group,
        after=("instance", "network-interface", "vpc-endpoint", "launch-template", *_GUESTS),
        protect={_WITH_VPC: "GroupName == 'default'"},
    ),
    ec2(
        "egress-only-internet-gateway", "describe_egress_only_internet_gateways", "EgressOnlyInternetGateways[]",
        "EgressOnlyInternetGatewayId", "delete_egress_only_internet_gateway",
    ),
    ec2(
        "carrier-gateway", "describe_carrier_gateways", "CarrierGateways[]", "CarrierGatewayId",
        "delete_carrier_gateway", tombstone=_GONE,
    ),
    ec2(
        "internet-gateway", "describe_internet_gateways", "InternetGateways[]", "InternetGatewayId",
        _delete_internet_gateway, after=("instance", "natgateway", "elastic-ip", *_GUESTS[:2]),
    ),
    ec2("flow-log", "describe_flow_logs", "FlowLogs[]", "FlowLogId", "delete_flow_logs", deletes_many=True,
        created="CreationTime"),
    ec2(
        "subnet", "describe_subnets", "Subnets[]", "SubnetId", "delete_subnet",
        after=(*_IN_VPC, "transit-gateway-attachment", "rds:db-subnet-group", "elasticache:subnet-group", *_GUESTS),
    ),
    ec2(
        "route-table", "describe_route_tables", "RouteTables[]", "RouteTableId", _delete_route_table,
        after=("subnet", "internet-gateway"), protect={_WITH_VPC: "not_null(Associations[?Main]|[0])"},
    ),
    ec2(
        "network-acl", "describe_network_acls", "NetworkAcls[]", "NetworkAclId", _delete_acl,
        after=("subnet",), protect={_WITH_VPC: "IsDefault"},
    ),
    ec2(
        "vpc", "describe_vpcs", "Vpcs[]", "VpcId", "delete_vpc",
        after=(
            *_IN_VPC, "subnet", "route-table", "network-acl", "internet-gateway", "egress-only-internet-gateway",
            "carrier-gateway", "security-group", "vpn-gateway", "vpc-peering-connection", "transit-gateway-attachment",
        ),
    ),
    ec2("dhcp-options", "describe_dhcp_options", "DhcpOptions[]", "DhcpOptionsId", _delete_dhcp_options,
        after=("vpc",)),
    ec2(
        "prefix-list", "describe_managed_prefix_lists", "PrefixLists[]", "PrefixListId",
        Deletion("ec2", "delete_managed_prefix_list", PrefixListId=HANDLE), after=("security-group", "route-table"),
        protect={"kept by AWS": "OwnerId == 'AWS'"}, tombstone="State == 'delete-complete'",
    ),
)  # fmt: skip
