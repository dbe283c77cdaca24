"""Asking the simulator's gate which life of the simulator this is."""

import json
import urllib.request

from django.conf import settings

from provisioning.aws.errors import Transient

_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def generation() -> str:
    """Return the simulator's generation id; raises Transient when the gate does not answer."""
    address = f"{settings.SIMULATOR_ENDPOINT_URL.rstrip('/')}/_gate/health"
    try:
        with _direct.open(address, timeout=2) as answer:
            return str(json.load(answer)["generation"])
    except (OSError, ValueError, KeyError) as error:
        raise Transient("GateUnreachable", f"{address}: {error}") from error
