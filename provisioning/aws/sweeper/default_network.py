"""The default network that an account comes with: its changed rules put back, its missing parts made anew.

Its group, main route table and access list cannot be deleted, only opened, so what is listed here is their changed
state. The ARN carries a mark of that state: a state that the account's baseline knows (a company may have closed its
default groups) is left alone, and any other one is put back to what AWS gives a fresh account.
"""

import hashlib
import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from provisioning.aws.sessions import Session
from provisioning.aws.sweeper.resource import Found, Place, ResourceType

_ALL_IPV4, _ALL_IPV6 = "0.0.0.0/0", "::/0"
_DEFAULT_ACL_RULE, _DEFAULT_ACL_RULE_IPV6, _LAST_ACL_RULE = 100, 101, 32767
_EVERYTHING_OUT = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": _ALL_IPV4}]}


def _default_vpcs(place: Place) -> set[str]:
    return {vpc["VpcId"] for vpc in place.items("ec2", "describe_vpcs", "Vpcs[]") if vpc.get("IsDefault")}


def _changed(place: Place, kind: str, handle: str, state: Any) -> Found:
    mark = hashlib.sha256(json.dumps(state, sort_keys=True, default=str).encode()).hexdigest()[:8]
    return Found(handle, f"{place.arn('ec2', f'{kind}/{handle}')}#changed-{mark}")


def _groups(place: Place) -> Iterator[Found]:
    vpcs = _default_vpcs(place)
    for group in place.items("ec2", "describe_security_groups", "SecurityGroups[]"):
        if group["GroupName"] != "default" or group["VpcId"] not in vpcs:
            continue
        foreign_in, foreign_out, lacks_out = _group_changes(group)
        if foreign_in or foreign_out or lacks_out:
            yield _changed(place, "security-group", group["GroupId"], [foreign_in, foreign_out, lacks_out])


def _group_changes(group: dict[str, Any]) -> tuple[list[dict[str, Any]], list[dict[str, Any]], bool]:
    """Return the rules inwards and outwards that are not AWS's, and whether AWS's own rule outwards is gone."""
    foreign_in = [rule for rule in group["IpPermissions"] if not _only_from(rule, group["GroupId"])]
    foreign_out = [rule for rule in group["IpPermissionsEgress"] if not _only_everything(rule)]
    lacks_out = not any(_reaches(rule, _ALL_IPV4) for rule in group["IpPermissionsEgress"])
    return foreign_in, foreign_out, lacks_out


def _only_from(rule: dict[str, Any], group: str) -> bool:
    others = rule.get("IpRanges") or rule.get("Ipv6Ranges") or rule.get("PrefixListIds")
    return not others and all(pair.get("GroupId") == group for pair in rule.get("UserIdGroupPairs", []))


def _only_everything(rule: dict[str, Any]) -> bool:
    others = rule.get("UserIdGroupPairs") or rule.get("PrefixListIds")
    ranges = [each.get("CidrIp") for each in rule.get("IpRanges", [])]
    ranges += [each.get("CidrIpv6") for each in rule.get("Ipv6Ranges", [])]
    return rule["IpProtocol"] == "-1" and not others and set(ranges) <= {_ALL_IPV4, _ALL_IPV6}


def _reaches(rule: dict[str, Any], cidr: str) -> bool:
    return rule["IpProtocol"] == "-1" and any(each.get("CidrIp") == cidr for each in rule.get("IpRanges", []))


def _put_group_back(place: Place, group_id: str) -> None:
    found = place.items("ec2", "describe_security_groups", "SecurityGroups[]", GroupIds=[group_id])
    for group in found:
        foreign_in, foreign_out, lacks_out = _group_changes(group)
        if foreign_in:
            place.call("ec2", "revoke_security_group_ingress", GroupId=group_id, IpPermissions=foreign_in)
        if foreign_out:
            place.call("ec2", "revoke_security_group_egress", GroupId=group_id, IpPermissions=foreign_out)
        if lacks_out:
            place.call("ec2", "authorize_security_group_egress", GroupId=group_id, IpPermissions=[_EVERYTHING_OUT])


def _route_tables(place: Place) -> Iterator[Found]:
    vpcs = _default_vpcs(place)
    gateways = _gateways(place, vpcs)
    for table in place.items("ec2", "describe_route_tables", "RouteTables[]"):
        is_main = any(each.get("Main") for each in table.get("Associations", []))
        if table["VpcId"] not in vpcs or not is_main:
            continue
        foreign, lacks_gateway = _route_changes(table, gateways.get(table["VpcId"]))
        if foreign or lacks_gateway:
            yield _changed(place, "route-table", table["RouteTableId"], [foreign, lacks_gateway])


def _gateways(place: Place, vpcs: Collection[str]) -> dict[str, str]:
    """Return the internet gateway of each of these networks."""
    return {
        attached["VpcId"]: gateway["InternetGatewayId"]
        for gateway in place.items("ec2", "describe_internet_gateways", "InternetGateways[]")
        for attached in gateway.get("Attachments", [])
        if attached["VpcId"] in vpcs
    }


def _route_changes(table: dict[str, Any], gateway: str | None) -> tuple[list[dict[str, Any]], bool]:
    """Return the routes that are not AWS's, and whether the one to the internet gateway is gone."""
    foreign, has_gateway = [], False
    for route in table.get("Routes", []):
        if gateway and route.get("GatewayId") == gateway and route.get("DestinationCidrBlock") == _ALL_IPV4:
            has_gateway = True
        elif route.get("GatewayId") != "local" and not str(route.get("GatewayId", "")).startswith("vpce-"):
            foreign.append(route)  # Routes to endpoints go with those.
    return foreign, gateway is not None and not has_gateway


def _put_routes_back(place: Place, table_id: str) -> None:
    for table in place.items("ec2", "describe_route_tables", "RouteTables[]", RouteTableIds=[table_id]):
        gateway = _gateways(place, [table["VpcId"]]).get(table["VpcId"])
        foreign, lacks_gateway = _route_changes(table, gateway)
        names = ("DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId")
        for route in foreign:
            where = {name: route[name] for name in names if route.get(name)}
            place.call("ec2", "delete_route", RouteTableId=table_id, **where)
        if lacks_gateway:
            place.call("ec2", "create_route", RouteTableId=table_id, DestinationCidrBlock=_ALL_IPV4, GatewayId=gateway)


def _acls(place: Place) -> Iterator[Found]:
    vpcs = _default_vpcs(place)
    for acl in place.items("ec2", "describe_network_acls", "NetworkAcls[]"):
        if not acl["IsDefault"] or acl["VpcId"] not in vpcs:
            continue
        foreign, lacking = _acl_changes(acl)
        if foreign or lacking:
            yield _changed(place, "network-acl", acl["NetworkAclId"], [foreign, lacking])


def _acl_changes(acl: dict[str, Any]) -> tuple[list[dict[str, Any]], list[bool]]:
    """Return the entries that are not AWS's, and the directions (outwards is True) that do not let everything pass."""
    foreign, passing = [], set()
    for entry in acl["Entries"]:
        is_open = entry["Protocol"] == "-1" and entry["RuleAction"] == "allow"
        if entry["RuleNumber"] == _DEFAULT_ACL_RULE and is_open and entry.get("CidrBlock") == _ALL_IPV4:
            passing.add(entry["Egress"])
        elif entry["RuleNumber"] < _LAST_ACL_RULE and not (
            entry["RuleNumber"] == _DEFAULT_ACL_RULE_IPV6 and is_open and entry.get("Ipv6CidrBlock") == _ALL_IPV6
        ):
            foreign.append(entry)
    return foreign, [egress for egress in (False, True) if egress not in passing]


def _put_acl_back(place: Place, acl_id: str) -> None:
    for acl in place.items("ec2", "describe_network_acls", "NetworkAcls[]", NetworkAclIds=[acl_id]):
        foreign, lacking = _acl_changes(acl)
        for entry in foreign:
            place.call(
                "ec2",
                "delete_network_acl_entry",
                NetworkAclId=acl_id,
                RuleNumber=entry["RuleNumber"],
                Egress=entry["Egress"],
            )
        for egress in lacking:
            place.call(
                "ec2",
                "create_network_acl_entry",
                NetworkAclId=acl_id,
                RuleNumber=_DEFAULT_ACL_RULE,
                Protocol="-1",
                RuleAction="allow",
                Egress=egress,
                CidrBlock=_ALL_IPV4,
            )


@dataclass(frozen=True)
class Restored:
    """What was made anew in a region, in words (empty: nothing was missing any more), and all ARNs of the network."""

    done: str
    arns: tuple[str, ...]


def restore(session: Session, region: str, kinds: Collection[str]) -> Restored:
    """Make what is missing of a region's default network, of these kinds ("vpc", "subnet", "internet-gateway")."""
    place = Place(session, region)
    made = []
    vpcs = _default_vpcs(place)
    if not vpcs and "vpc" in kinds:
        place.call("ec2", "create_default_vpc")
        made.append("the default network")
        vpcs = _default_vpcs(place)
    elif vpcs:
        made += _restore_subnets(place) if "subnet" in kinds else []
        made += _restore_gateway(place, vpcs) if "internet-gateway" in kinds else []
    return Restored(f"made {', '.join(made)} in {region}" if made else "", tuple(_parts(place, vpcs)))


def _restore_subnets(place: Place) -> list[str]:
    standing = {
        subnet["AvailabilityZone"]
        for subnet in place.items("ec2", "describe_subnets", "Subnets[]")
        if subnet.get("DefaultForAz")
    }
    zones = place.items("ec2", "describe_availability_zones", "AvailabilityZones[?ZoneType=='availability-zone']")
    missing = sorted({zone["ZoneName"] for zone in zones if zone["State"] == "available"} - standing)
    for zone in missing:
        place.call("ec2", "create_default_subnet", AvailabilityZone=zone)
    return [f"the default subnet of {zone}" for zone in missing]


def _restore_gateway(place: Place, vpcs: Collection[str]) -> list[str]:
    made = []
    for vpc in sorted(set(vpcs) - set(_gateways(place, vpcs))):
        gateway = place.call("ec2", "create_internet_gateway")["InternetGateway"]["InternetGatewayId"]
        place.call("ec2", "attach_internet_gateway", InternetGatewayId=gateway, VpcId=vpc)
        made.append("the internet gateway")
    return made


def _parts(place: Place, vpcs: Collection[str]) -> Iterator[str]:
    for vpc in place.items("ec2", "describe_vpcs", "Vpcs[]"):
        if vpc["VpcId"] in vpcs:
            yield place.arn("ec2", f"vpc/{vpc['VpcId']}")
            if str(vpc.get("DhcpOptionsId", "")).startswith("dopt-"):
                yield place.arn("ec2", f"dhcp-options/{vpc['DhcpOptionsId']}")
    for subnet in place.items("ec2", "describe_subnets", "Subnets[]"):
        if subnet["VpcId"] in vpcs and subnet.get("DefaultForAz"):
            yield place.arn("ec2", f"subnet/{subnet['SubnetId']}")
    for gateway in _gateways(place, vpcs).values():
        yield place.arn("ec2", f"internet-gateway/{gateway}")


# What was opened may be held by what stands behind it; so these wait for the machines and their networks.
_AFTER = ("ec2:instance", "ec2:natgateway", "ec2:vpc-endpoint", "ec2:vpc-peering-connection", "ec2:internet-gateway")

TYPES = (
    ResourceType("ec2:default-group-rules", _groups, _put_group_back),
    ResourceType("ec2:default-routes", _route_tables, _put_routes_back, after=_AFTER),
    ResourceType("ec2:default-acl-entries", _acls, _put_acl_back),
)
