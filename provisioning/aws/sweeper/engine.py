"""Listing what stands in an account, and deleting it in passes that respect dependencies."""

from collections.abc import Callable, Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from provisioning.aws.errors import AwsError, Missing
from provisioning.aws.hub import HOME_REGION
from provisioning.aws.sessions import Session
from provisioning.aws.sweeper import types
from provisioning.aws.sweeper.resource import Place, Resource, ResourceType

THREADS = 6
DELETIONS_PER_PASS = 60


@dataclass(frozen=True)
class Pass:
    """What one pass asked to delete, what refused (ARN → why), and how many wait for something else to go first."""

    deleted: tuple[Resource, ...]
    refused: dict[str, str]
    waiting: int


def inventory(session: Session, regions: Collection[str], only: Iterable[str] | None = None) -> list[Resource]:
    """List everything of the known types (or of those named `only`) that stands in an account, sorted.

    An error of any single listing is raised: what could not be listed is unknown, never empty.
    """
    chosen = [types.BY_NAME[name] for name in only] if only is not None else list(types.ALL)
    jobs = [
        (kind, Place(session, region))
        for kind in chosen
        for region in ((HOME_REGION,) if kind.is_global else sorted(regions))
    ]

    def listed(job: tuple[ResourceType, Place]) -> list[Resource]:
        kind, place = job
        return [Resource(kind.name, arn, place.region, handle) for handle, arn in kind.find(place)]

    return sorted(resource for resources in _in_parallel(listed, jobs) for resource in resources)


def deletion_pass(session: Session, standing: Sequence[Resource]) -> Pass:
    """Ask for the deletion of what nothing else of the list must precede; already gone is success."""
    present = {resource.type for resource in standing}
    free = [resource for resource in standing if not present & set(types.BY_NAME[resource.type].after)]
    batch = free[:DELETIONS_PER_PASS]

    def delete(resource: Resource) -> str | None:
        try:
            types.BY_NAME[resource.type].delete(Place(session, resource.region), resource.handle)
        except Missing:
            return None
        except AwsError as error:
            return f"{error.code}: {error.message}"
        return None

    answers = list(zip(batch, _in_parallel(delete, batch), strict=True))
    return Pass(
        deleted=tuple(resource for resource, refusal in answers if refusal is None),
        refused={resource.arn: refusal for resource, refusal in answers if refusal is not None},
        waiting=len(standing) - len(batch),
    )


def _in_parallel(work: Callable[[Any], Any], jobs: Sequence[Any]) -> list[Any]:
    if not jobs:
        return []
    with ThreadPoolExecutor(max_workers=min(THREADS, len(jobs)), thread_name_prefix="sweeper") as pool:
        return list(pool.map(work, jobs))
