"""One call at the moment at which it may go wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from labs.local.gate.operations import Call
from labs.local.gate.refusals import Reply
from labs.local.gate.request import AwsRequest
from labs.local.gate.sessions import Identity


@dataclass(frozen=True)
class Occasion:
    """A call that was recognised and allowed, and `perform`, which carries out a request for it."""

    call: Call
    caller: Identity
    request: AwsRequest
    perform: Callable[[AwsRequest], Reply]

    @property
    def account(self) -> str:
        """The account that the call is about: the caller's, or the one whose role is to be assumed."""
        if (self.call.service, self.call.operation) == ("sts", "AssumeRole"):
            parts = (self.call.parameter("RoleArn") or "").split(":")
            return parts[4] if len(parts) > 4 else self.caller.account
        return self.caller.account

    def go(self) -> Reply:
        """Carry the call out as it came."""
        return self.perform(self.request)
