"""Probes: checks from outside that say pass, fail or error and show what they saw."""

from quests.probes.aws_engine import AwsEngine
from quests.probes.context import Invoke, ProbeContext
from quests.probes.engine import check
from quests.probes.http_engine import HttpEngine
from quests.probes.owning import Ownership
from quests.probes.probing import Probing
from quests.probes.verdict import Verdict

__all__ = ["AwsEngine", "HttpEngine", "Invoke", "Ownership", "ProbeContext", "Probing", "Verdict", "check"]
