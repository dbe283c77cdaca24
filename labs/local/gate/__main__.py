"""Serve the gate: `python -m labs.local.gate --port 5005`."""

from __future__ import annotations

import argparse
import logging
import os
import re
import sys
from datetime import timedelta

from labs.local.gate.application import Gate, GateSettings
from labs.local.gate.server import serve

_ACCESS_KEY = re.compile(r"[A-Za-z0-9]{16,128}")


def main(arguments: list[str] | None = None) -> None:
    """Serve until a signal ends the process; exits with a sentence when the environment is unusable."""
    parser = argparse.ArgumentParser(prog="python -m labs.local.gate", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--threads", type=int, default=32, help="requests served at once, long polls included")
    parser.add_argument(
        "--faults",
        action="store_true",
        help="for tests only: let the bearer of GATE_FAULTS_TOKEN make calls go wrong, at /_gate/faults",
    )
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    try:
        gate = Gate(read_settings(os.environ, faults=options.faults))
    except ValueError as error:
        sys.exit(f"gate: {error}")
    logging.getLogger("labs.local.gate").info(
        "simulator generation %s on http://%s:%d", gate.generation, options.host, options.port
    )
    serve(gate, host=options.host, port=options.port, threads=options.threads)


def read_settings(environment: os._Environ[str] | dict[str, str], *, faults: bool = False) -> GateSettings:
    """Read the hub identity and the lifetime cap, and with `faults` the token of fault injection.

    Raises ValueError with a sentence about what is wrong.
    """
    key = environment.get("SIMULATOR_ACCESS_KEY_ID", "")
    secret = environment.get("SIMULATOR_SECRET_ACCESS_KEY", "")
    if not _ACCESS_KEY.fullmatch(key):
        raise ValueError("SIMULATOR_ACCESS_KEY_ID must be set to 16 to 128 letters and digits")
    if len(secret) < 16:
        raise ValueError("SIMULATOR_SECRET_ACCESS_KEY must be set to at least 16 characters")
    cap = environment.get("GATE_SESSION_SECONDS", "")
    if cap and (not cap.isdecimal() or int(cap) < 1):
        raise ValueError("GATE_SESSION_SECONDS must be a whole number of seconds")
    token = environment.get("GATE_FAULTS_TOKEN", "") if faults else None
    if token is not None and len(token) < 16:
        raise ValueError("GATE_FAULTS_TOKEN must be set to at least 16 characters when --faults is given")
    return GateSettings(key, secret, timedelta(seconds=int(cap)) if cap else None, token)


if __name__ == "__main__":
    main()
