"""What stands before the machines: balancers, zones, certificates, web filters, distributions."""

from collections.abc import Iterator
from typing import Any

from provisioning.aws.errors import Conflict
from provisioning.aws.sweeper.declaring import HANDLE, Deletion, Listing
from provisioning.aws.sweeper.resource import Found, Place, ResourceType

RECORDS_PER_CHANGE = 500
_WAF_HANDLE = "join(' ', [Id, Name])"


def _delete_balancer(place: Place, arn: str) -> None:
    attributes = place.items("elbv2", "describe_load_balancer_attributes", "Attributes[]", LoadBalancerArn=arn)
    if {"Key": "deletion_protection.enabled", "Value": "true"} in attributes:
        off = [{"Key": "deletion_protection.enabled", "Value": "false"}]
        place.call("elbv2", "modify_load_balancer_attributes", LoadBalancerArn=arn, Attributes=off)
    place.call("elbv2", "delete_load_balancer", LoadBalancerArn=arn)


def _zones(place: Place) -> Iterator[Found]:
    for zone in place.items("route53", "list_hosted_zones", "HostedZones[]"):
        handle = zone["Id"].rpartition("/")[2]
        linked = zone.get("LinkedService", {}).get("ServicePrincipal")
        yield Found(
            handle, f"arn:aws:route53:::hostedzone/{handle}", protected="made by an AWS service" if linked else ""
        )


def _delete_zone(place: Place, zone: str) -> None:
    apex = place.call("route53", "get_hosted_zone", Id=zone)["HostedZone"]["Name"]
    records = place.items("route53", "list_resource_record_sets", "ResourceRecordSets[]", HostedZoneId=zone)
    doomed = [
        {"Action": "DELETE", "ResourceRecordSet": record}
        for record in records
        if not (record["Name"] == apex and record["Type"] in ("NS", "SOA"))  # Those two go with the zone.
    ]
    for start in range(0, len(doomed), RECORDS_PER_CHANGE):
        place.call(
            "route53",
            "change_resource_record_sets",
            HostedZoneId=zone,
            ChangeBatch={"Changes": doomed[start : start + RECORDS_PER_CHANGE]},
        )
    place.call("route53", "delete_hosted_zone", Id=zone)


def _disassociate(place: Place, acl: str) -> None:
    for kind in ("APPLICATION_LOAD_BALANCER", "API_GATEWAY"):
        for used in place.items(
            "wafv2", "list_resources_for_web_acl", "ResourceArns[]", WebACLArn=acl, ResourceType=kind
        ):
            place.call("wafv2", "disassociate_web_acl", ResourceArn=used)


def _waf(name: str, listing: str, path: str, get: str, delete: str, *, scope: str) -> ResourceType:
    """Declare a type of WAF for one scope; each deletion wants the lock that reading hands out."""

    def remove(place: Place, handle: str) -> None:
        identity, _, title = handle.partition(" ")
        wanted: dict[str, Any] = {"Id": identity, "Name": title, "Scope": scope}
        found = place.call("wafv2", get, **wanted)
        try:
            place.call("wafv2", delete, **wanted, LockToken=found["LockToken"])
        except Conflict as refusal:
            if refusal.code != "WAFAssociatedItemException" or "WebACL" not in found:
                raise
            _disassociate(place, found["WebACL"]["ARN"])

    is_global = scope == "CLOUDFRONT"
    return ResourceType(
        f"wafv2:{'global-' if is_global else ''}{name}",
        Listing("wafv2", listing, path, handle=_WAF_HANDLE, arn="ARN", parameters={"Scope": scope}),
        remove,
        after=() if name == "web-acl" else (f"wafv2:{'global-' if is_global else ''}web-acl",),
        is_global=is_global,
        price="wafv2:web-acl" if name == "web-acl" else "",
    )


def _delete_distribution(place: Place, distribution: str) -> None:
    found = place.call("cloudfront", "get_distribution", Id=distribution)
    config, etag = found["Distribution"]["DistributionConfig"], found["ETag"]
    if config["Enabled"]:
        # AWS takes minutes to switch one off everywhere; a later pass deletes it.
        off = {**config, "Enabled": False}
        etag = place.call("cloudfront", "update_distribution", Id=distribution, IfMatch=etag, DistributionConfig=off)[
            "ETag"
        ]
    if found["Distribution"]["Status"] == "Deployed":
        place.call("cloudfront", "delete_distribution", Id=distribution, IfMatch=etag)


def _delete_origin_access_control(place: Place, identity: str) -> None:
    etag = place.call("cloudfront", "get_origin_access_control", Id=identity)["ETag"]
    place.call("cloudfront", "delete_origin_access_control", Id=identity, IfMatch=etag)


TYPES = (
    ResourceType(
        "cloudfront:distribution",
        Listing("cloudfront", "list_distributions", "DistributionList.Items[]", handle="Id", arn="ARN",
                details={"enabled": "Enabled"}),
        _delete_distribution,
        is_global=True,
    ),
    ResourceType(
        "cloudfront:origin-access-control",
        Listing("cloudfront", "list_origin_access_controls", "OriginAccessControlList.Items[]", handle="Id",
                arn="arn:aws:cloudfront::{account}:origin-access-control/{handle}"),
        _delete_origin_access_control,
        after=("cloudfront:distribution",),
        is_global=True,
    ),
    ResourceType(
        "elasticloadbalancing:load-balancer",
        Listing("elbv2", "describe_load_balancers", "LoadBalancers[]", handle="LoadBalancerArn", arn="LoadBalancerArn",
                created="CreatedTime", details={"balancer_type": "Type"}),
        _delete_balancer,
        after=("autoscaling:group", "ecs:service", "ec2:vpc-endpoint-service"),
        price="elasticloadbalancing:load-balancer",
    ),
    ResourceType(
        "elasticloadbalancing:target-group",
        Listing("elbv2", "describe_target_groups", "TargetGroups[]", handle="TargetGroupArn", arn="TargetGroupArn"),
        Deletion("elbv2", "delete_target_group", TargetGroupArn=HANDLE),
        after=("elasticloadbalancing:load-balancer",),
    ),
    ResourceType(
        "elasticloadbalancing:classic-load-balancer",
        Listing("elb", "describe_load_balancers", "LoadBalancerDescriptions[]", handle="LoadBalancerName",
                created="CreatedTime",
                arn="arn:aws:elasticloadbalancing:{region}:{account}:loadbalancer/{handle}"),
        Deletion("elb", "delete_load_balancer", LoadBalancerName=HANDLE),
        after=("autoscaling:group",),
        price="elasticloadbalancing:classic-load-balancer",
    ),
    ResourceType(
        "route53:health-check",
        Listing("route53", "list_health_checks", "HealthChecks[]", handle="Id",
                arn="arn:aws:route53:::healthcheck/{handle}",
                protect={"made by an AWS service": "LinkedService.ServicePrincipal"}),
        Deletion("route53", "delete_health_check", HealthCheckId=HANDLE),
        is_global=True,
        price="route53:health-check",
    ),
    ResourceType(
        "route53:hosted-zone",
        _zones,
        _delete_zone,
        is_global=True,
        price="route53:hosted-zone",
    ),
    ResourceType(
        "acm:certificate",
        Listing("acm", "list_certificates", "CertificateSummaryList[]", handle="CertificateArn", arn="CertificateArn",
                created="CreatedAt",
                parameters={"Includes": {"keyTypes": [
                    "RSA_1024", "RSA_2048", "RSA_3072", "RSA_4096", "EC_prime256v1", "EC_secp384r1", "EC_secp521r1",
                ]}}),  # Without this only two kinds of keys are listed.
        Deletion("acm", "delete_certificate", CertificateArn=HANDLE),
        after=("elasticloadbalancing:load-balancer", "elasticloadbalancing:classic-load-balancer",
               "cloudfront:distribution", "apigateway:domain-name"),
    ),
    *(
        _waf(*each, scope=scope)
        for scope in ("REGIONAL", "CLOUDFRONT")
        for each in (
            ("web-acl", "list_web_acls", "WebACLs[]", "get_web_acl", "delete_web_acl"),
            ("rule-group", "list_rule_groups", "RuleGroups[]", "get_rule_group", "delete_rule_group"),
            ("ip-set", "list_ip_sets", "IPSets[]", "get_ip_set", "delete_ip_set"),
            ("regex-pattern-set", "list_regex_pattern_sets", "RegexPatternSets[]", "get_regex_pattern_set",
             "delete_regex_pattern_set"),
        )
    ),
)  # fmt: skip
