"""Emptying accounts: one engine, and one small declaration for each type of resource."""

from provisioning.aws.sweeper.engine import Pass, deletion_pass, inventory
from provisioning.aws.sweeper.resource import Resource
from provisioning.aws.sweeper.types import ALL, STACKS

__all__ = ["ALL", "STACKS", "Pass", "Resource", "deletion_pass", "inventory"]
