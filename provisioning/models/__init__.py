"""Sandboxes: the account pool, leases, what is put into them and what proves that they are clean."""

from provisioning.models.access import AccessStop, AccessToken
from provisioning.models.account import Account, AccountMove, CleanCertificate
from provisioning.models.blueprint import Blueprint
from provisioning.models.booking import Booking
from provisioning.models.cost import CostEstimate
from provisioning.models.lease import Lease, LeaseMove
from provisioning.models.notice import Notice
from provisioning.models.simulator import SimulatorGeneration

__all__ = [
    "AccessStop",
    "AccessToken",
    "Account",
    "AccountMove",
    "Blueprint",
    "Booking",
    "CleanCertificate",
    "CostEstimate",
    "Lease",
    "LeaseMove",
    "Notice",
    "SimulatorGeneration",
]
