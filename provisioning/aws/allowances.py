"""What a pack allows, and the denials that follow from it: other services, other regions, other machines."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from provisioning.aws.denials import Denial

# Who one is, and roles for services, are asked for in every sandbox.
ALWAYS_ALLOWED = "sts"
# These answer in one region for the whole world, so a region condition would shut them off.
GLOBAL_ACTIONS = (
    "budgets:*", "ce:*", "cloudfront:*", "globalaccelerator:*", "health:*", "iam:*", "networkmanager:*", "pricing:*",
    "route53:*", "s3:GetBucketLocation", "s3:ListAllMyBuckets", "shield:*", "sts:*", "support:*", "waf:*",
)  # fmt: skip


@dataclass(frozen=True)
class Allowance:
    """What participants may use, and until when.

    `services` are prefixes of IAM actions. Of `instance_types` those that begin with "db." are for databases, with
    "cache." for caches, and the others for EC2; each family starts only what is listed, without any listed nothing.
    """

    services: tuple[str, ...]
    regions: tuple[str, ...]
    ends_at: datetime
    instance_types: tuple[str, ...] = ()

    @property
    def prefixes(self) -> tuple[str, ...]:
        """The allowed services, sorted, with what is always allowed."""
        return tuple(sorted({*self.services, ALWAYS_ALLOWED}))

    @property
    def actions(self) -> list[str]:
        """The allowed services as patterns of actions."""
        return [f"{service}:*" for service in self.prefixes]


def elsewhere(allowance: Allowance) -> dict[str, Any]:
    """Deny the other regions, except to what has no region."""
    spared = [action for action in GLOBAL_ACTIONS if action.partition(":")[0] in allowance.prefixes]
    return {
        "Sid": "Regions",
        "Effect": "Deny",
        "NotAction": spared,
        "Resource": "*",
        "Condition": {"StringNotEquals": {"aws:RequestedRegion": sorted(allowance.regions)}},
    }


def other_services(allowance: Allowance) -> dict[str, Any]:
    """Deny every other service."""
    return {"Sid": "Services", "Effect": "Deny", "NotAction": allowance.actions, "Resource": "*"}


def other_machines(allowance: Allowance) -> Iterator[Denial]:
    """Yield the denials of machines that the pack does not list, for the allowed services."""
    databases = tuple(sorted(each for each in allowance.instance_types if each.startswith("db.")))
    caches = tuple(sorted(each for each in allowance.instance_types if each.startswith("cache.")))
    machines = tuple(sorted({*allowance.instance_types} - {*databases, *caches}))
    for denial in (
        # A stopped machine may have been given another type, so starting it is asked again.
        Denial(
            "Machines",
            ("ec2:RunInstances", "ec2:StartInstances"),
            resources=("arn:aws:ec2:*:*:instance/*",),
            condition=_not_among("ec2:InstanceType", machines),
        ),
        # These start machines of types that no condition sees.
        Denial("Fleets", ("ec2:CreateFleet", "ec2:RequestSpotFleet", "ec2:RequestSpotInstances")),
        Denial(
            "LaunchConfigurations",
            ("autoscaling:CreateLaunchConfiguration",),
            condition=_not_among("autoscaling:InstanceType", machines),
        ),
        Denial(
            "Databases",
            ("rds:CreateDBInstance", "rds:CreateDBInstanceReadReplica", "rds:ModifyDBInstance", "rds:RestoreDB*"),
            condition=_named_and_not_among("rds:DatabaseClass", databases),
        ),
        Denial(
            "Caches",
            (
                "elasticache:CreateCacheCluster", "elasticache:CreateReplicationGroup",
                "elasticache:ModifyCacheCluster", "elasticache:ModifyReplicationGroup",
            ),
            condition=_named_and_not_among("elasticache:CacheNodeType", caches),
        ),
    ):  # fmt: skip
        left = denial.within(allowance.prefixes)
        if left:
            yield left


def _not_among(key: str, allowed: tuple[str, ...]) -> dict[str, Any]:
    return {"StringNotEquals": {key: list(allowed)}} if allowed else {}


def _named_and_not_among(key: str, allowed: tuple[str, ...]) -> dict[str, Any]:
    # A change that names no type keeps the present one, which was allowed.
    return {"Null": {key: "false"}, **_not_among(key, allowed)}
