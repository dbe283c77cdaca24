"""Whose an address is: the team's own service or something in its account, or neither."""

from collections.abc import Collection, Set

from provisioning.domain.inventories import addresses_like
from provisioning.models import Lease
from quests.probes import Ownership


def ownership_of(
    lease: Lease, host: str, port: int, addresses: Collection[str], *, registered: Set[str] = frozenset()
) -> Ownership:
    """Tell whether a host with the addresses that it means now is the team's own.

    `registered` are the team's services on this machine as host:port. What is registered is known without asking AWS.
    Asks no database; `lease` must come with account and blueprint. Raises an AwsError.
    """
    meant = {f"{each}:{port}" for each in addresses}
    if meant and meant <= registered:
        return Ownership(by_addresses=True)
    found = addresses_like(lease, host)
    own = (*sorted(registered), *sorted(found.names), *sorted(found.ips))
    if host in found.names:
        return Ownership(by_name=True, own=own)
    # Every one of them, because any of them may be connected to.
    return Ownership(by_addresses=bool(addresses) and set(addresses) <= found.ips, own=own)
