"""Sessions in accounts: assumed from the hub, proven by GetCallerIdentity, cached until shortly before they end."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from provisioning.aws import clients, hub, paging
from provisioning.aws.clients import Credentials
from provisioning.aws.errors import DEAD_SESSION_CODES, Denied, our_errors

BOOTSTRAP_ROLE = "OrganizationAccountAccessRole"
PLATFORM_ROLE = "platform/gameday-platform"
PARTICIPANT_ROLE = "platform/gameday-participant"
SESSION_SECONDS = 3600
RENEW_BEFORE = timedelta(minutes=5)
CACHED_SESSIONS = 2000
WRONG_ACCOUNT = "WrongAccount"


@dataclass(frozen=True)
class Session:
    """An identity in one account, proven before it is handed out."""

    account_id: str
    credentials: Credentials

    def call(
        self, service: str, operation: str, /, *, region: str = hub.HOME_REGION, **parameters: Any
    ) -> dict[str, Any]:
        """Make one call (operation in snake case) and return its answer; raises one of the four AwsErrors."""
        with self._signing(operation):
            answer: dict[str, Any] = getattr(clients.client(service, region), operation)(**parameters)
        return answer

    def items(
        self, service: str, operation: str, path: str, /, *, region: str = hub.HOME_REGION, **parameters: Any
    ) -> list[Any]:
        """Return what the JMESPath finds on every page of a listing."""
        with self._signing(operation):
            found = paging.items(clients.client(service, region), operation, path, parameters)
            return [item for item in found if item]

    def whole(
        self, service: str, operation: str, /, *, region: str = hub.HOME_REGION, **parameters: Any
    ) -> dict[str, Any]:
        """Make one call and return its answer with all its pages; raises an AwsError."""
        with self._signing(operation):
            return paging.whole_answer(clients.client(service, region), operation, parameters)

    @contextmanager
    def _signing(self, operation: str) -> Iterator[None]:
        try:
            with our_errors(operation), clients.signed_by(self.credentials):
                yield
        except Denied as error:
            if error.code in DEAD_SESSION_CODES:
                forget(self.account_id)  # The next try assumes the role anew.
            raise


class _Cache:
    """A bounded cache of sessions; one maker per key at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[str, ...], Session] = OrderedDict()
        self._making: dict[tuple[str, ...], threading.Lock] = {}

    def get(self, key: tuple[str, ...], make: Callable[[], Session]) -> Session:
        with self._lock:
            making = self._making.setdefault(key, threading.Lock())
        try:
            with making:
                with self._lock:
                    kept = self._kept.get(key)
                if kept and _lasts(kept.credentials):
                    return kept
                made = make()
                with self._lock:
                    self._kept[key] = made
                    self._kept.move_to_end(key)
                    while len(self._kept) > CACHED_SESSIONS:
                        self._kept.popitem(last=False)
                return made
        finally:
            with self._lock:
                self._making.pop(key, None)

    def forget(self, account_id: str | None) -> None:
        with self._lock:
            for key in [key for key in self._kept if account_id in (None, key[0])]:
                del self._kept[key]


def _lasts(credentials: Credentials) -> bool:
    return credentials.expires_at is None or credentials.expires_at - RENEW_BEFORE > datetime.now(UTC)


_cache = _Cache()


def forget(account_id: str | None = None) -> None:
    """Drop the cached sessions of one account, or all of them (the simulator restarted)."""
    _cache.forget(account_id)


def hub_session() -> Session:
    """Return the hub's own session; its account is the organization's management account."""

    def make() -> Session:
        credentials = hub.credentials()
        return Session(_caller(credentials), credentials)

    return _cache.get(("hub", hub.credentials().access_key_id), make)


def platform_session(account_id: str) -> Session:
    """Return the platform role's session in an account."""
    return _cache.get((account_id, PLATFORM_ROLE), lambda: _prove(account_id, _assume(account_id, PLATFORM_ROLE)))


def bootstrap_session(account_id: str) -> Session:
    """Return the session of the role that Organizations puts into the accounts it creates."""
    return _cache.get((account_id, BOOTSTRAP_ROLE), lambda: _prove(account_id, _assume(account_id, BOOTSTRAP_ROLE)))


def participant_session(account_id: str, *, person: str, tags: Mapping[str, str], seconds: int) -> Session:
    """Assume the participant role for a person, named by an opaque id as SourceIdentity; not cached here."""
    return _prove(account_id, _assume(account_id, PARTICIPANT_ROLE, person=person, tags=tags, seconds=seconds))


def external_id(hub_account_id: str) -> str:
    """Return what the platform role demands, so that nobody else's hub can be talked into assuming it."""
    return f"gameday-labs-{hub_account_id}"


def _assume(
    account_id: str,
    role: str,
    *,
    person: str | None = None,
    tags: Mapping[str, str] | None = None,
    seconds: int = SESSION_SECONDS,
) -> Credentials:
    source = hub_session()
    request: dict[str, Any] = {
        "RoleArn": f"arn:aws:iam::{account_id}:role/{role}",
        "RoleSessionName": person or "gameday-platform",
        "DurationSeconds": seconds,
    }
    if role == PLATFORM_ROLE:
        request["ExternalId"] = external_id(source.account_id)
    if person:
        request["SourceIdentity"] = person
        request["Tags"] = [{"Key": key, "Value": value} for key, value in (tags or {}).items()]
    answer = source.call("sts", "assume_role", **request)["Credentials"]
    return Credentials(answer["AccessKeyId"], answer["SecretAccessKey"], answer["SessionToken"], answer["Expiration"])


def _caller(credentials: Credentials) -> str:
    with our_errors("get_caller_identity"), clients.signed_by(credentials):
        return str(clients.client("sts", hub.HOME_REGION).get_caller_identity()["Account"])


def _prove(account_id: str, credentials: Credentials) -> Session:
    actual = _caller(credentials)
    if actual != account_id:
        raise Denied(WRONG_ACCOUNT, f"The session for account {account_id} is in account {actual}.")
    return Session(account_id, credentials)
