"""Sandboxes: the account pool, leases, what is put into them and what proves that they are clean."""

from provisioning.models.access import AccessToken
from provisioning.models.account import Account, CleanCertificate
from provisioning.models.blueprint import Blueprint
from provisioning.models.lease import Lease, LeaseMove
from provisioning.models.simulator import SimulatorGeneration

__all__ = [
    "AccessToken",
    "Account",
    "Blueprint",
    "CleanCertificate",
    "Lease",
    "LeaseMove",
    "SimulatorGeneration",
]
