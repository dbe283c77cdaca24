"""Registering what is put into sandboxes."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from provisioning.aws.allowances import Allowance
from provisioning.domain import guardrails
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
    instance_types: Sequence[str] = (),
    budget_usd: Decimal | None = None,
    extra_stacks: Sequence[Mapping[str, Any]] = (),
) -> Blueprint:
    """Return the blueprint with this content, made at most once; the first region is the stack's.

    `budget_usd` is what one sandbox may cost; None sets no limit. Each of `extra_stacks` has `name`, `template` and
    `parameters`; `later` says that it is made when somebody asks, not before the sandbox is ready. Raises TooLong when
    its guardrails would not fit.
    """
    if not regions:
        raise ValueError("A blueprint needs at least one region.")
    if not services:
        raise ValueError("A blueprint needs at least one service that participants may use.")
    guardrails.require_fit(
        allowance=Allowance(tuple(services), tuple(regions), ends_at=now, instance_types=tuple(instance_types))
    )
    content: dict[str, Any] = {
        "template": template,
        "parameters": dict(parameters),
        "seed": [dict(call) for call in seed],
        "readiness": [dict(call) for call in readiness],
        "services": list(services),
        "regions": list(regions),
        "instance_types": list(instance_types),
    }
    if extra_stacks:
        content["extra_stacks"] = [dict(each) for each in extra_stacks]
    budget = None if budget_usd is None else format(budget_usd, ".2f")
    hashed = json.dumps({**content, "budget_usd": budget}, sort_keys=True)
    digest = hashlib.sha256(hashed.encode()).hexdigest()
    blueprint, _ = Blueprint.objects.get_or_create(
        content_hash=digest, defaults={**content, "budget_usd": budget_usd, "created_at": now}
    )
    return blueprint
