"""The gate as a WSGI application: recognise the caller and the call, decide, let the simulator work."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any
from uuid import uuid4

from botocore.session import get_session

from labs.local.gate.authorization import authorize
from labs.local.gate.faults import desk
from labs.local.gate.faults.desk import FaultDesk
from labs.local.gate.faults.injection import Cut, Injector
from labs.local.gate.faults.occasion import Occasion
from labs.local.gate.operations import Call, dialect_of, recognise
from labs.local.gate.organizations import OrganizationDesk
from labs.local.gate.refusals import Kind, Refusal, Reply
from labs.local.gate.request import AwsRequest, Environ
from labs.local.gate.sessions import Hub, Identity, Session, SessionBook
from labs.local.gate.signature import Presented, read_presented, verify
from labs.local.gate.simulator import Simulator
from labs.local.gate.state import State
from labs.local.gate.tokens import TokenService

logger = logging.getLogger(__name__)

Clock = Callable[[], datetime]
GENERATION_HEADER = "x-gate-generation"


def wall_clock() -> datetime:
    """Return the current time in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class GateSettings:
    """What a gate must know: the hub's long-lived key, and a cap on session lifetimes if any.

    With a token of fault injection its bearer may make calls go wrong; without one there is no such thing.
    """

    access_key_id: str
    secret_access_key: str
    session_cap: timedelta | None = None
    faults_token: str | None = None


class Gate:
    """The WSGI application in front of one simulator; a new generation begins with each instance."""

    def __init__(self, settings: GateSettings, *, clock: Clock = wall_clock) -> None:
        self._clock = clock
        self._simulator = Simulator()
        self._state = State(self._simulator)
        self._sessions = SessionBook()
        self._hub = Hub(settings.access_key_id, settings.secret_access_key, self._simulator.management_account)
        self._tokens = TokenService(state=self._state, sessions=self._sessions, cap=settings.session_cap)
        self._organizations = OrganizationDesk(state=self._state, lock=self._simulator.lock)
        self._injector: Injector | None = None
        self._fault_desk: FaultDesk | None = None
        if settings.faults_token:
            self._injector = Injector(
                simulator=self._simulator, sessions=self._sessions, organizations=self._organizations, clock=clock
            )
            self._fault_desk = FaultDesk(self._injector, token=settings.faults_token)
        self._regions = _region_names()
        self.generation = str(uuid4())
        self.started_at = clock()

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer one request; raises nothing but Cut, when an injected fault ends the connection."""
        path = environ.get("PATH_INFO", "")
        reply = self._own_page(path, environ) if path.startswith("/_gate") else self._answer(environ)
        dropped = {"content-length", "connection", "transfer-encoding"}
        headers = [(name, value) for name, value in reply.headers if name.lower() not in dropped]
        if environ["REQUEST_METHOD"] == "HEAD":
            headers += [(name, value) for name, value in reply.headers if name.lower() == "content-length"]
        else:
            headers.append(("Content-Length", str(len(reply.body))))
        headers.append((GENERATION_HEADER, self.generation))
        start_response(_status_line(reply.status), headers)
        return [reply.body]

    def _own_page(self, path: str, environ: Environ) -> Reply:
        if path == desk.PATH and self._fault_desk is not None:
            answer = self._fault_desk.answer(environ)
            if answer is not None:
                return answer
        if path != "/_gate/health":
            return Reply(404, [("Content-Type", "text/plain")], b"Not found\n")
        report = {
            "generation": self.generation,
            "started_at": self.started_at.isoformat(),
            "sessions": self._sessions.alive(self._clock()),
        }
        return Reply(200, [("Content-Type", "application/json")], json.dumps(report).encode())

    def _answer(self, environ: Environ) -> Reply:
        request: AwsRequest | None = None
        presented: Presented | None = None
        try:
            request = AwsRequest.read(environ)
            if request.names_simulator_internals:
                raise Refusal(Kind.DENIED, "The simulator's own addresses are closed.")
            presented = read_presented(request)
            return self._serve(request, presented)
        except Refusal as refusal:
            if request is None:
                return Reply(400, [("Content-Type", "text/plain")], f"{refusal.message}\n".encode())
            logger.info("refused %s %s: %s: %s", request.method, request.path, refusal.kind, refusal.message)
            dialect = dialect_of(request, presented.service if presented else None)
            return refusal.reply(dialect, method=request.method)
        except Cut:
            raise
        except Exception:
            logger.exception("the gate failed")
            return Reply(500, [("Content-Type", "text/plain")], b"The gate failed; its log says why.\n")

    def _serve(self, request: AwsRequest, presented: Presented) -> Reply:
        now = self._clock()
        caller = self._identify(request, presented, now)
        call = recognise(request, signing_name=presented.service, region=presented.region)
        if isinstance(caller, Session):
            if call.service == "sts" and call.operation == "AssumeRole":
                self._check_alive(caller)
            else:
                authorize(caller, call, request, state=self._state, now=now)

        def perform(worked_on: AwsRequest) -> Reply:
            return self._perform(worked_on, call, caller, presented, now)

        if self._injector is None:
            return perform(request)
        return self._injector.answer(Occasion(call, caller, request, perform))

    def _perform(self, request: AwsRequest, call: Call, caller: Identity, presented: Presented, now: datetime) -> Reply:
        if call.service == "sts":
            return self._tokens.answer(caller, call, now=now)

        def proceed() -> Reply:
            return self._simulator.dispatch(
                request, call, account=caller.account, authorization=presented.authorization
            )

        return self._organizations.answer(call, proceed, now=now) if call.service == "organizations" else proceed()

    def _identify(self, request: AwsRequest, presented: Presented, now: datetime) -> Identity:
        caller, secret, token = self._known(presented.access_key_id)
        if token != presented.token:
            raise Refusal(Kind.UNKNOWN_KEY, "The security token included in the request is invalid.")
        verify(request, presented, secret=secret, now=now)
        if isinstance(caller, Session) and caller.expires_at <= now:
            raise Refusal(Kind.EXPIRED, f"The session expired at {caller.expires_at:%Y-%m-%dT%H:%M:%SZ}.")
        if presented.region not in self._regions:
            raise Refusal(Kind.BAD_SIGNATURE, f"There is no region {presented.region!r} here.")
        return caller

    def _known(self, access_key_id: str) -> tuple[Identity, str, str | None]:
        if access_key_id == self._hub.access_key_id:
            return self._hub, self._hub.secret, None
        session = self._sessions.find(access_key_id)
        if session is None:
            raise Refusal(Kind.UNKNOWN_KEY, "The access key is not known here.")
        return session, session.secret, session.token

    def _check_alive(self, session: Session) -> None:
        role = self._state.role(session.account, session.role_name)
        if not self._state.is_active(session.account) or role is None or role.role_id != session.role_id:
            raise Refusal(Kind.DENIED, f"User: {session.arn} is not authorized to perform: sts:AssumeRole")


def _region_names() -> frozenset[str]:
    return frozenset(get_session().get_available_regions("ec2"))


def _status_line(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return f"{status} Unknown"
