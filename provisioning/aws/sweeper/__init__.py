"""Emptying accounts: one engine, and one small declaration for each type of resource."""

from provisioning.aws.sweeper.default_network import Restored, restore
from provisioning.aws.sweeper.engine import Pass, deletion_pass, inventory, known_types, plan, survey
from provisioning.aws.sweeper.resource import Resource
from provisioning.aws.sweeper.types import ALL, SERVICES, STACKS

__all__ = [
    "ALL",
    "SERVICES",
    "STACKS",
    "Pass",
    "Resource",
    "Restored",
    "deletion_pass",
    "inventory",
    "known_types",
    "plan",
    "restore",
    "survey",
]
