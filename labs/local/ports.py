"""Loopback ports that no one else on the machine uses."""

import random
import socket
from collections.abc import Collection, Iterable, Mapping

LOOPBACK = "127.0.0.1"
# Below the range that kernels hand out for outgoing connections: no passing client sits on a remembered port.
_CANDIDATES = range(20_000, 32_000)
# Where packs' own services run for teams; beside what is chosen for ourselves, so that none of ours is ever probed.
REFERENCE_PORTS = range(32_000, 32_060)
# Where teams run services of their own: above what needs a privilege, below what is chosen for ourselves.
OWN_SERVICE_PORTS = range(1_024, 20_000)
_ATTEMPTS = 500


class NoFreePort(Exception):
    """No free port was found."""


class PortTaken(Exception):
    """Another process listens on the port that was asked for."""


def is_free(port: int) -> bool:
    """Say whether a server could listen on this loopback port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As servers do: a port in TIME_WAIT is free, one that somebody listens on is not.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
            probe.listen(1)
        except OSError:
            return False
    return True


def choose_port(*, avoid: Collection[int] = ()) -> int:
    """Choose a free loopback port at random; raises NoFreePort."""
    for _ in range(_ATTEMPTS):
        port = random.choice(_CANDIDATES)
        if port not in avoid and is_free(port):
            return port
    raise NoFreePort(f"no free port between {_CANDIDATES[0]} and {_CANDIDATES[-1]} on {LOOPBACK}")


def settle_ports(names: Iterable[str], remembered: Mapping[str, int], *, avoid: Collection[int] = ()) -> dict[str, int]:
    """Give each name its remembered port if that is still free, else a new one; no two are the same."""
    settled: dict[str, int] = {}
    for name in names:
        taken = {*avoid, *settled.values()}
        port = remembered.get(name)
        if port is None or port in taken or not is_free(port):
            port = choose_port(avoid=taken)
        settled[name] = port
    return settled


def require_free(port: int) -> None:
    """Raise PortTaken unless a server could listen on this loopback port now."""
    if not is_free(port):
        raise PortTaken(f"Port {port} is taken by another process. Choose one, for example: PORT={port + 10} make up")
