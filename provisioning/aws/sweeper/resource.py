"""What the sweeper finds: resources, and the place in which it looks."""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from typing import Any

from provisioning.aws.sessions import Session


class Seen:
    """Answers of one look at an account, so that types which share a listing ask for it once."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._answers: dict[str, Future[list[Any]]] = {}

    def get(self, key: str, ask: Callable[[], list[Any]]) -> list[Any]:
        """Return the answer to `key`, asking for it only the first time; a failure is everybody's."""
        with self._lock:
            is_first = key not in self._answers
            answer = self._answers.setdefault(key, Future())
        if is_first:
            try:
                answer.set_result(ask())
            except BaseException as error:
                answer.set_exception(error)
                raise
        return answer.result()


@dataclass(frozen=True)
class Place:
    """A session in one region of its account; with `seen`, equal listings are asked for once."""

    session: Session
    region: str
    seen: Seen | None = field(default=None, compare=False)

    def call(self, service: str, operation: str, /, **parameters: Any) -> dict[str, Any]:
        """Make one call here."""
        return self.session.call(service, operation, region=self.region, **parameters)

    def items(self, service: str, operation: str, path: str, /, **parameters: Any) -> list[Any]:
        """List everything that the JMESPath finds here, over all pages."""

        def ask() -> list[Any]:
            return self.session.items(service, operation, path, region=self.region, **parameters)

        if self.seen is None:
            return ask()
        return self.seen.get(repr((self.region, service, operation, path, sorted(parameters.items()))), ask)

    def arn(self, service: str, rest: str) -> str:
        """Write the ARN of something of this account and region."""
        return f"arn:aws:{service}:{self.region}:{self.session.account_id}:{rest}"


@dataclass(frozen=True)
class Found:
    """One thing as a declaration lists it.

    `handle` is what calls about it want, `details` what a price depends on, `protected` says in words why it is never
    deleted, and a tombstone is what AWS still names although it is gone and costs nothing.
    """

    handle: str
    arn: str
    created_at: datetime | None = None
    details: Mapping[str, str] = field(default_factory=dict)
    protected: str = ""
    is_tombstone: bool = False


@dataclass(frozen=True, order=True)
class Resource:
    """One thing that stands in an account; two are equal when type, ARN and region are.

    `price` names an entry of the price table, empty for what costs nothing by merely existing; `details` holds what
    that entry depends on (instance type, GiB, …); `created_at` is None where the listing does not say.
    """

    type: str
    arn: str
    region: str
    handle: str = field(compare=False)
    created_at: datetime | None = field(default=None, compare=False)
    details: Mapping[str, str] = field(default_factory=dict, compare=False)
    price: str = field(default="", compare=False)
    protected: str = field(default="", compare=False)
    is_tombstone: bool = field(default=False, compare=False)


@dataclass(frozen=True)
class Absent:
    """The answer by which a service says that the account has not enabled it: this code, and these words."""

    code: str
    words: str


@dataclass(frozen=True)
class ResourceType:
    """How one type is listed and deleted, and which types must be gone before.

    The name begins with the prefix of the IAM actions that its calls need. `find` yields everything that exists, what
    is already being deleted included; `delete` asks for one deletion. A global type is listed once, in the home region.
    What the simulator does not simulate is neither listed nor deleted there.
    """

    name: str
    find: Callable[[Place], Iterable[Found]]
    delete: Callable[[Place, str], None]
    after: tuple[str, ...] = ()
    is_global: bool = False
    price: str = ""
    is_simulated: bool = True
    absent_when: tuple[Absent, ...] = ()
