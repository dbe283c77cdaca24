"""The browsers in which a person is signed in."""

from datetime import datetime

from allauth.usersessions.models import UserSession

from accounts.domain.audit import record
from accounts.models import User


def live_sessions(*, user: User) -> list[UserSession]:
    """Return the person's sessions that still hold, the last seen first."""
    sessions: list[UserSession] = UserSession.objects.purge_and_list(user)
    return sorted(sessions, key=lambda session: session.last_seen_at, reverse=True)


def end_session(*, now: datetime, user: User, key: int) -> bool:
    """Sign the person out in one browser; tell whether it was signed in."""
    session = UserSession.objects.filter(user=user, pk=key).first()
    if session is None:
        return False
    session.end()
    record(now=now, actor=user.id, action="session.end", subject=str(user.id))
    return True


def end_sessions(*, now: datetime, user: User, actor: User | None, but: str | None = None) -> int:
    """Sign the person out in every browser, except the one with the session key `but`; return how many it were."""
    ended = 0
    for session in UserSession.objects.filter(user=user):
        if session.session_key != but:
            session.end()
            ended += 1
    record(now=now, actor=actor.id if actor else None, action="session.end_all", subject=str(user.id), sessions=ended)
    return ended
