"""The kinds of probes by the `type` that packs write; each takes its configuration and an attempt.

Every other type is a plug-in's.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Any

from quests.probes.context import Attempt
from quests.probes.kinds.answer import check_answer
from quests.probes.kinds.aws import check_aws
from quests.probes.kinds.http import check_http
from quests.probes.kinds.http_flow import check_http_flow
from quests.probes.kinds.inventory import check_inventory
from quests.probes.kinds.metric import check_metric
from quests.probes.verdict import Finding

KINDS: Mapping[str, Callable[[Any, Attempt], Awaitable[Finding]]] = MappingProxyType(
    {
        "answer": check_answer,
        "aws": check_aws,
        "http": check_http,
        "http-flow": check_http_flow,
        "inventory": check_inventory,
        "metric": check_metric,
    }
)
