"""Ports are free ones, remembered, and chosen again only when somebody else has taken them."""

import socket

import pytest

from labs.local.ports import LOOPBACK, PortTaken, choose_port, is_free, require_free, settle_ports


@pytest.fixture
def taken_port() -> int:
    port = choose_port()
    with socket.create_server((LOOPBACK, port)):
        yield port


def test_a_port_is_free_until_somebody_listens(taken_port: int) -> None:
    assert not is_free(taken_port)
    assert is_free(choose_port(avoid=[taken_port]))


def test_a_port_taken_on_all_addresses_is_not_free() -> None:
    port = choose_port()
    with socket.create_server(("0.0.0.0", port)):
        assert not is_free(port)


def test_free_remembered_ports_are_kept_and_taken_ones_replaced(taken_port: int) -> None:
    kept = choose_port(avoid=[taken_port])
    settled = settle_ports(["postgres", "redis"], {"postgres": kept, "redis": taken_port})
    assert settled["postgres"] == kept
    assert settled["redis"] not in (kept, taken_port)
    assert is_free(settled["redis"])


def test_no_two_names_share_a_port() -> None:
    port = choose_port()
    settled = settle_ports(["postgres", "redis", "gate"], {"postgres": port, "redis": port}, avoid=[])
    assert settled["postgres"] == port
    assert len(set(settled.values())) == 3


def test_an_avoided_port_is_not_settled_on() -> None:
    port = choose_port()
    assert settle_ports(["gate"], {"gate": port}, avoid=[port])["gate"] != port


def test_a_taken_web_port_is_refused_with_the_way_out(taken_port: int) -> None:
    with pytest.raises(PortTaken, match=rf"Port {taken_port} is taken .* PORT={taken_port + 10} make up"):
        require_free(taken_port)
