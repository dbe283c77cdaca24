"""The address policy: public addresses are open, everything else only where the operator says so."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quests.probes.addresses import AddressPolicy

CLOSED = AddressPolicy.of([], [])
LOCAL = AddressPolicy.of(["127.0.0.0/8", "fd00::/8"], [5432, 6379])


@pytest.mark.parametrize("address", ["8.8.8.8", "52.95.110.1", "2606:4700:4700::1111", "2a05:d014::1"])
def test_public_addresses_are_open(address: str) -> None:
    assert CLOSED.refusal(address, 443) is None


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("127.0.0.1", "is a loopback address"),
        ("127.255.0.9", "is a loopback address"),
        ("0.0.0.0", "means this machine"),
        ("10.1.2.3", "is private"),
        ("172.31.255.255", "is private"),
        ("192.168.1.1", "is private"),
        ("100.64.0.1", "is a carrier's shared network"),
        ("100.100.100.200", "is a carrier's shared network"),
        ("169.254.169.254", "is link-local, where metadata services live"),
        ("168.63.129.16", "is a cloud's metadata service"),
        ("192.0.0.192", "is reserved"),
        ("192.88.99.1", "is a 6to4 relay"),
        ("198.19.0.1", "is reserved for benchmarks"),
        ("224.0.0.1", "is a multicast address"),
        ("255.255.255.255", "is reserved"),
        ("::", "means this machine"),
        ("::1", "is a loopback address"),
        ("::ffff:127.0.0.1", "is an IPv4 address in disguise"),
        ("::ffff:8.8.8.8", "is an IPv4 address in disguise"),
        ("::127.0.0.1", "is not a public address"),
        ("64:ff9b::7f00:1", "is an IPv4 address in disguise"),
        ("64:ff9b:1::1", "is an IPv4 address in disguise"),
        ("2002:7f00:1::", "is an IPv4 address in disguise"),
        ("2001:0:1::", "is an IPv4 address in disguise"),
        ("fd00:ec2::254", "is private"),
        ("fe80::1", "is link-local"),
        ("fec0::1", "is not a public address"),
        ("ff02::1", "is a multicast address"),
        ("2001:db8::1", "is reserved for examples"),
    ],
)
def test_other_addresses_are_refused_with_a_reason(address: str, reason: str) -> None:
    assert CLOSED.refusal(address, 80) == reason


def test_named_networks_are_open_but_for_forbidden_ports() -> None:
    assert LOCAL.refusal("127.0.0.1", 8181) is None
    assert LOCAL.refusal("fd12::1", 80) is None
    assert LOCAL.refusal("127.0.0.1", 5432) == "uses port 5432, which is closed to probes"
    assert LOCAL.refusal("127.9.9.9", 6379) == "uses port 6379, which is closed to probes"
    assert LOCAL.refusal("::ffff:127.0.0.1", 8181) == "is an IPv4 address in disguise"
    assert LOCAL.refusal("10.0.0.1", 80) == "is private"


def test_a_network_that_is_none_is_an_error() -> None:
    with pytest.raises(ValueError, match="nonsense"):
        AddressPolicy.of(["nonsense"], [])


@given(st.ip_addresses())
def test_what_python_calls_not_global_is_never_open(address: object) -> None:
    if not address.is_global or address.is_multicast:  # type: ignore[attr-defined]
        assert CLOSED.refusal(str(address), 80) is not None
