"""STS as the gate answers it: AssumeRole and GetCallerIdentity, from its own record of sessions."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4
from xml.sax.saxutils import escape

from labs.local.gate.assume_role import assume_role
from labs.local.gate.operations import Call
from labs.local.gate.refusals import Kind, Refusal, Reply
from labs.local.gate.sessions import Identity, Session, SessionBook
from labs.local.gate.state import State

_NAMESPACE = "https://sts.amazonaws.com/doc/2011-06-15/"


class TokenService:
    """The two STS operations that make sense here; the others hand out credentials that nobody honours."""

    def __init__(self, *, state: State, sessions: SessionBook, cap: timedelta | None) -> None:
        self._state = state
        self._sessions = sessions
        self._cap = cap

    def answer(self, caller: Identity, call: Call, *, now: datetime) -> Reply:
        """Answer an STS call; raise Refusal when it is not allowed or not simulated."""
        if call.operation == "GetCallerIdentity":
            return _reply(call.operation, _identity_xml(caller))
        if call.operation == "AssumeRole":
            session = assume_role(caller, call, state=self._state, sessions=self._sessions, now=now, cap=self._cap)
            return _reply(call.operation, _session_xml(session))
        raise Refusal(Kind.NOT_SIMULATED, f"{call.operation} is not simulated: use AssumeRole.")


def _identity_xml(caller: Identity) -> str:
    return _element("Arn", caller.arn) + _element("UserId", caller.user_id) + _element("Account", caller.account)


def _session_xml(session: Session) -> str:
    credentials = (
        _element("AccessKeyId", session.access_key_id)
        + _element("SecretAccessKey", session.secret)
        + _element("SessionToken", session.token)
        + _element("Expiration", f"{session.expires_at:%Y-%m-%dT%H:%M:%SZ}")
    )
    user = _element("AssumedRoleId", session.user_id) + _element("Arn", session.arn)
    source = _element("SourceIdentity", session.source_identity) if session.source_identity else ""
    return f"<Credentials>{credentials}</Credentials><AssumedRoleUser>{user}</AssumedRoleUser>{source}"


def _element(name: str, text: str) -> str:
    return f"<{name}>{escape(text)}</{name}>"


def _reply(operation: str, result: str) -> Reply:
    request_id = str(uuid4())
    body = (
        f'<{operation}Response xmlns="{_NAMESPACE}"><{operation}Result>{result}</{operation}Result>'
        f"<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata></{operation}Response>"
    )
    return Reply(200, [("Content-Type", "text/xml"), ("x-amzn-requestid", request_id)], body.encode())
