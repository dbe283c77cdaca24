"""What a sweeper declaration is made of."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from provisioning.aws.sessions import Session


@dataclass(frozen=True)
class Place:
    """A session in one region of its account."""

    session: Session
    region: str

    def call(self, service: str, operation: str, /, **parameters: Any) -> dict[str, Any]:
        """Make one call here."""
        return self.session.call(service, operation, region=self.region, **parameters)

    def items(self, service: str, operation: str, path: str, /, **parameters: Any) -> list[Any]:
        """List everything that the JMESPath finds here, over all pages."""
        return self.session.items(service, operation, path, region=self.region, **parameters)

    def arn(self, service: str, rest: str) -> str:
        """Write the ARN of something of this account and region."""
        return f"arn:aws:{service}:{self.region}:{self.session.account_id}:{rest}"


@dataclass(frozen=True, order=True)
class Resource:
    """One thing that stands in an account; the ARN names it, `handle` is what calls about it want."""

    type: str
    arn: str
    region: str
    handle: str = field(compare=False)


@dataclass(frozen=True)
class ResourceType:
    """How one type is listed and deleted, and which types must be gone before.

    `find` yields (handle, ARN) pairs of everything that exists, what is already being deleted included; `delete` asks
    for one deletion. A global type is listed once, in the home region.
    """

    name: str
    find: Callable[[Place], Iterable[tuple[str, str]]]
    delete: Callable[[Place, str], None]
    after: tuple[str, ...] = ()
    is_global: bool = False
