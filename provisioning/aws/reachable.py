"""Does AWS, or the simulator's gate, answer at all?"""

import socket

from django.conf import settings

from provisioning.aws import gate


def endpoint_reachable() -> str:
    """Return "ok" when the endpoint takes connections, whoever asks; raises Transient or OSError otherwise."""
    if settings.AWS_MODE == "simulator":
        gate.generation()
        return "ok"
    with socket.create_connection(("sts.amazonaws.com", 443), timeout=3):
        return "ok"
