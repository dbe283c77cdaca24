"""Registering what is put into sandboxes."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from provisioning.models import Blueprint


def register_blueprint(
    *,
    now: datetime,
    template: str,
    parameters: Mapping[str, str],
    seed: Sequence[Mapping[str, Any]],
    readiness: Sequence[Mapping[str, Any]],
    services: Sequence[str],
    regions: Sequence[str],
) -> Blueprint:
    """Return the blueprint with this content, made at most once; the first region is the stack's."""
    if not regions:
        raise ValueError("A blueprint needs at least one region.")
    if not services:
        raise ValueError("A blueprint needs at least one service that participants may use.")
    content = {
        "template": template,
        "parameters": dict(parameters),
        "seed": [dict(call) for call in seed],
        "readiness": [dict(call) for call in readiness],
        "services": list(services),
        "regions": list(regions),
    }
    digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
    blueprint, _ = Blueprint.objects.get_or_create(content_hash=digest, defaults={**content, "created_at": now})
    return blueprint
