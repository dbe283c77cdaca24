"""The identities the gate knows: the hub, and the sessions it issued itself."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from threading import Lock

_KEY_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_KEPT_AFTER_EXPIRY = timedelta(hours=1)


@dataclass(frozen=True)
class Hub:
    """The platform's own identity in the management account; it may do everything there."""

    access_key_id: str
    secret: str = field(repr=False)
    account: str

    @property
    def arn(self) -> str:
        """The identity's ARN as GetCallerIdentity reports it."""
        return f"arn:aws:iam::{self.account}:user/hub"

    @property
    def user_id(self) -> str:
        """The identity's unique id as GetCallerIdentity reports it."""
        return "AIDAHUB7IDENTITY4GATE"


@dataclass(frozen=True)
class Session:
    """One AssumeRole session, bound for good to its account and role."""

    access_key_id: str
    secret: str = field(repr=False)
    token: str = field(repr=False)
    account: str
    role_arn: str
    role_id: str
    session_name: str
    source_identity: str | None
    tags: Mapping[str, str]
    transitive_tags: frozenset[str]
    policies: tuple[str, ...]
    issued_at: datetime
    expires_at: datetime

    @property
    def role_name(self) -> str:
        """The role's name without its path."""
        return self.role_arn.rpartition("/")[2]

    @property
    def arn(self) -> str:
        """The assumed-role ARN as GetCallerIdentity reports it."""
        return f"arn:aws:sts::{self.account}:assumed-role/{self.role_name}/{self.session_name}"

    @property
    def user_id(self) -> str:
        """The session's unique id as GetCallerIdentity reports it."""
        return f"{self.role_id}:{self.session_name}"


Identity = Hub | Session


class SessionBook:
    """Every session that may still be presented; safe for concurrent use."""

    def __init__(self) -> None:
        self._sessions: dict[str, Session] = {}
        self._lock = Lock()

    def issue(
        self,
        *,
        account: str,
        role_arn: str,
        role_id: str,
        session_name: str,
        source_identity: str | None,
        tags: Mapping[str, str],
        transitive_tags: frozenset[str],
        policies: tuple[str, ...],
        issued_at: datetime,
        lifetime: timedelta,
    ) -> Session:
        """Record a new session with fresh random credentials and forget those that expired long ago."""
        session = Session(
            access_key_id="ASIA" + "".join(secrets.choice(_KEY_ALPHABET) for _ in range(16)),
            secret=secrets.token_urlsafe(30),
            token=secrets.token_urlsafe(180),
            account=account,
            role_arn=role_arn,
            role_id=role_id,
            session_name=session_name,
            source_identity=source_identity,
            tags=dict(tags),
            transitive_tags=transitive_tags,
            policies=policies,
            issued_at=issued_at,
            expires_at=issued_at + lifetime,
        )
        with self._lock:
            forgotten = issued_at - _KEPT_AFTER_EXPIRY
            for key in [key for key, known in self._sessions.items() if known.expires_at < forgotten]:
                del self._sessions[key]
            self._sessions[session.access_key_id] = session
        return session

    def find(self, access_key_id: str) -> Session | None:
        """Return the session of an access key, alive or recently expired."""
        return self._sessions.get(access_key_id)

    def end(self, access_key_id: str, *, at: datetime) -> None:
        """Let a session expire early; another identity's key has no end."""
        with self._lock:
            session = self._sessions.get(access_key_id)
            if session is not None:
                self._sessions[access_key_id] = replace(session, expires_at=min(at, session.expires_at))

    def alive(self, now: datetime) -> int:
        """Count the sessions that have not expired."""
        with self._lock:
            return sum(session.expires_at > now for session in self._sessions.values())
