"""Doing to a call what a rule says: before it, instead of it, or after it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from threading import BoundedSemaphore, Event
from typing import Any
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from labs.local.gate.faults.book import FaultBook
from labs.local.gate.faults.occasion import Occasion
from labs.local.gate.faults.progress import Progress
from labs.local.gate.faults.rules import FaultKind, Rule
from labs.local.gate.organizations import OrganizationDesk
from labs.local.gate.refusals import Kind, Refusal, Reply
from labs.local.gate.sessions import Session, SessionBook
from labs.local.gate.simulator import Simulator

# Calls kept waiting at once, each in a thread of the server; what comes on top is cut off at once.
MOST_SILENT = 8
SILENCE_SECONDS = 20.0  # Longer than our clients wait for an answer.
_S3 = "http://s3.amazonaws.com/doc/2006-03-01/"
# Services that do not use the throttling error of their protocol.
_THROTTLES = {"organizations": ("TooManyRequestsException", 400), "lambda": ("TooManyRequestsException", 429)}


class Cut(Exception):
    """The connection ends here, without an answer."""


class Injector:
    """Stands between the gate's decision and the simulator's work."""

    def __init__(
        self,
        *,
        simulator: Simulator,
        sessions: SessionBook,
        organizations: OrganizationDesk,
        clock: Callable[[], datetime],
    ) -> None:
        self.book = FaultBook()
        self._progress = Progress(simulator, clock=clock)
        self._sessions = sessions
        self._organizations = organizations
        self._clock = clock
        self._silent = BoundedSemaphore(MOST_SILENT)
        self._speak = Event()

    def answer(self, occasion: Occasion) -> Reply:
        """Answer a call, well or badly; raises Refusal or Cut."""
        is_session = isinstance(occasion.caller, Session)
        rule = self.book.decide(occasion.call, account=occasion.account, is_session=is_session)
        if rule is None:
            return self._progress.go(occasion)
        match rule.kind:
            case FaultKind.LOST | FaultKind.LOST_ERROR | FaultKind.LOST_TIMEOUT:
                with suppress(Refusal):  # The caller does not learn of this either.
                    self._progress.go(occasion)
            case FaultKind.SLOW:
                return self._progress.slow(occasion, rule)
            case FaultKind.PARTIAL:
                return _delete_half(occasion) if occasion.call.service == "s3" else self._progress.stick(occasion)
            case FaultKind.EMAIL_TAKEN:
                return self._organizations.accept_and_fail(occasion.call, now=self._clock())
            case FaultKind.EXPIRED:
                self._sessions.end(occasion.caller.access_key_id, at=self._clock())
        raise self._complaint(occasion, rule)

    def report(self) -> dict[str, Any]:
        """Say which rules stand, what was injected, which calls were made, and how many states are in progress."""
        return {**self.book.report(), "in_progress": len(self._progress)}

    def clear(self) -> None:
        """Forget rules and counts, let every state reach its end, and answer whoever still waits."""
        self.book.clear()
        silence, self._speak = self._speak, Event()
        silence.set()
        self._progress.finish()

    def _complaint(self, occasion: Occasion, rule: Rule) -> Exception:
        match rule.kind:
            case FaultKind.THROTTLE:
                service = occasion.call.service
                if service in _THROTTLES:
                    code, status = _THROTTLES[service]
                    return Refusal.named(code, "Rate exceeded", status)
                return Refusal(Kind.THROTTLED, "Rate exceeded")
            case FaultKind.ERROR | FaultKind.LOST_ERROR:
                return Refusal(Kind.INTERNAL, "An internal error occurred.")
            case FaultKind.UNAVAILABLE:
                return Refusal(Kind.UNAVAILABLE, "The service is unavailable. Try again shortly.")
            case FaultKind.EXPIRED:
                return Refusal(Kind.EXPIRED, "The security token included in the request is expired")
            case FaultKind.TIMEOUT | FaultKind.LOST_TIMEOUT:
                self._keep_silent(rule)
        return Cut()

    def _keep_silent(self, rule: Rule) -> None:
        if self._silent.acquire(blocking=False):
            try:
                self._speak.wait(SILENCE_SECONDS if rule.seconds is None else rule.seconds)
            finally:
                self._silent.release()


def _delete_half(occasion: Occasion) -> Reply:
    """Delete the first half of a batch of keys and name an error for each of the others."""
    root = ElementTree.fromstring(occasion.request.body)  # noqa: S314  (its signature was verified)
    namespace = root.tag.partition("}")[0][1:] if root.tag.startswith("{") else None
    prefix = f"{{{namespace}}}" if namespace else ""
    objects = root.findall(f"{prefix}Object")
    kept = objects[len(objects) // 2 :]
    errors = "".join(
        f"<Error><Key>{escape(each.findtext(f'{prefix}Key') or '')}</Key>"
        "<Code>InternalError</Code><Message>We encountered an internal error.</Message></Error>"
        for each in kept
    )
    if len(kept) == len(objects):
        body = f'<DeleteResult xmlns="{_S3}">{errors}</DeleteResult>'
        return Reply(200, [("Content-Type", "application/xml")], body.encode())
    for each in kept:
        root.remove(each)
    reply = occasion.perform(replace(occasion.request, body=ElementTree.tostring(root, default_namespace=namespace)))
    start, closing, end = reply.body.decode().rpartition("</DeleteResult>")
    return replace(reply, body=f"{start}{errors}{closing}{end}".encode()) if closing else reply
