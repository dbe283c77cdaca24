"""Emptying accounts: one engine, and one small declaration for each type of resource."""

from provisioning.aws.sweeper.engine import Pass, deletion_pass, inventory, known_types, plan, survey
from provisioning.aws.sweeper.resource import Resource
from provisioning.aws.sweeper.types import ALL, SERVICES, STACKS

__all__ = [
    "ALL",
    "SERVICES",
    "STACKS",
    "Pass",
    "Resource",
    "deletion_pass",
    "inventory",
    "known_types",
    "plan",
    "survey",
]
