"""Filling `${outputs.X}` and its kind into calls, templates' parameters and expectations."""

import hashlib
import re
from collections.abc import Mapping
from typing import Any

from provisioning.models import Lease

_PLACEHOLDER = re.compile(r"\$\{([^}]+)\}")


class UnknownPlaceholder(LookupError):
    """A placeholder names nothing that this lease has."""


def variables(lease: Lease) -> dict[str, str]:
    """Return what a lease's placeholders stand for; `team.seed` is the pack format's word for the holder's."""
    known = {f"outputs.{name}": str(value) for name, value in outputs_of(lease).items()}
    known["region"] = lease.blueprint.regions[0]
    known["team.seed"] = hashlib.sha256(lease.holder.bytes).hexdigest()[:12]
    if lease.account and lease.account.account_id:
        known["account.id"] = lease.account.account_id
    return known


def outputs_of(lease: Lease) -> dict[str, str]:
    """Return what the lease's stacks put out, the starter stack's and those of the others that stand."""
    outputs = dict(lease.outputs)
    for each in lease.extra_stacks.values():
        outputs |= each["outputs"]
    return outputs


def fill(value: Any, known: Mapping[str, str]) -> Any:
    """Return the value with every placeholder in its strings filled in; raises UnknownPlaceholder."""
    if isinstance(value, str):
        return _PLACEHOLDER.sub(lambda match: _look_up(match[1], known), value)
    if isinstance(value, Mapping):
        return {key: fill(item, known) for key, item in value.items()}
    if isinstance(value, list):
        return [fill(item, known) for item in value]
    return value


def _look_up(name: str, known: Mapping[str, str]) -> str:
    if name not in known:
        raise UnknownPlaceholder(f"${{{name}}} stands for nothing here; known are: {', '.join(sorted(known))}.")
    return known[name]
