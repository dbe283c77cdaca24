"""Which addresses a probe may connect to: the public internet and networks named by the operator."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

# Written out beside Python's own tables, which follow the IANA registries but differ between Python releases.
_REFUSED = tuple(
    (ip_network(network), reason)
    for network, reason in (
        ("0.0.0.0/8", "means this machine"),
        ("10.0.0.0/8", "is private"),
        ("100.64.0.0/10", "is a carrier's shared network"),
        ("127.0.0.0/8", "is a loopback address"),
        ("168.63.129.16/32", "is a cloud's metadata service"),
        ("169.254.0.0/16", "is link-local, where metadata services live"),
        ("172.16.0.0/12", "is private"),
        ("192.0.0.0/24", "is reserved"),
        ("192.0.2.0/24", "is reserved for examples"),
        ("192.88.99.0/24", "is a 6to4 relay"),
        ("192.168.0.0/16", "is private"),
        ("198.18.0.0/15", "is reserved for benchmarks"),
        ("198.51.100.0/24", "is reserved for examples"),
        ("203.0.113.0/24", "is reserved for examples"),
        ("224.0.0.0/4", "is a multicast address"),
        ("240.0.0.0/4", "is reserved"),
        ("::/128", "means this machine"),
        ("::1/128", "is a loopback address"),
        ("::ffff:0:0/96", "is an IPv4 address in disguise"),
        ("64:ff9b::/96", "is an IPv4 address in disguise"),
        ("64:ff9b:1::/48", "is an IPv4 address in disguise"),
        ("2001::/32", "is an IPv4 address in disguise"),
        ("2001::/23", "is reserved"),
        ("2001:db8::/32", "is reserved for examples"),
        ("2002::/16", "is an IPv4 address in disguise"),
        ("3fff::/20", "is reserved for examples"),
        ("fc00::/7", "is private"),
        ("fe80::/10", "is link-local"),
        ("ff00::/8", "is a multicast address"),
    )
)
_GLOBAL_IPV6 = ip_network("2000::/3")


@dataclass(frozen=True)
class AddressPolicy:
    """Decides about one address and port: `allowed` networks are open except for `forbidden_ports`."""

    allowed: tuple[str, ...] = ()
    forbidden_ports: frozenset[int] = frozenset()

    @classmethod
    def of(cls, allowed: Iterable[str], forbidden_ports: Iterable[int]) -> AddressPolicy:
        """Return a policy for networks in CIDR notation; raises ValueError for a text that is no network."""
        return cls(tuple(str(ip_network(network)) for network in allowed), frozenset(forbidden_ports))

    def refusal(self, address: str, port: int) -> str | None:
        """Return why a literal address and port are refused, as a sentence's end; None if they are not."""
        ip = ip_address(address)
        if any(ip in network for network in map(_network, self.allowed) if network.version == ip.version):
            return f"uses port {port}, which is closed to probes" if port in self.forbidden_ports else None
        for network, reason in _REFUSED:
            if ip.version == network.version and ip in network:
                return reason
        if isinstance(ip, IPv6Address) and ip not in _GLOBAL_IPV6:
            return "is not a public address"
        return None if ip.is_global and not ip.is_multicast else "is not a public address"


@cache
def _network(text: str) -> IPv4Network | IPv6Network:
    return ip_network(text)
