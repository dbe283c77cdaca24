"""Listing what stands in an account, and deleting it in passes that respect dependencies."""

from collections.abc import Callable, Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from provisioning.aws import time_limit
from provisioning.aws.errors import AwsError, Missing, Transient
from provisioning.aws.hub import HOME_REGION
from provisioning.aws.sessions import Session
from provisioning.aws.sweeper import types
from provisioning.aws.sweeper.resource import Place, Resource, ResourceType, Seen

THREADS = 8
DELETIONS_PER_PASS = 60


@dataclass(frozen=True)
class Pass:
    """What one pass asked to delete, what refused (ARN → why), how many wait for something else to go first.

    `is_hopeless` when nothing was deleted and no refusal was one that passes by itself.
    """

    deleted: tuple[Resource, ...]
    refused: dict[str, str]
    waiting: int
    is_hopeless: bool


def known_types() -> tuple[ResourceType, ...]:
    """Return the types that are listed and deleted where we are: on the simulator, those that it simulates."""
    if settings.AWS_MODE == "simulator":
        return tuple(kind for kind in types.ALL if kind.is_simulated)
    return types.ALL


def survey(session: Session, regions: Collection[str], only: Iterable[str] | None = None) -> list[Resource]:
    """List everything of the known types (or of those named `only`), sorted: also what is protected, and tombstones.

    An error of any single listing is raised: what could not be listed is unknown, never empty.
    """
    wanted = None if only is None else set(only)
    seen = Seen()
    jobs = [
        (kind, Place(session, region, seen))
        for kind in known_types()
        if wanted is None or kind.name in wanted
        for region in ((HOME_REGION,) if kind.is_global else sorted(regions))
    ]
    return sorted({resource for resources in _in_parallel(_listed, jobs) for resource in resources})


def inventory(session: Session, regions: Collection[str], only: Iterable[str] | None = None) -> list[Resource]:
    """List what stands and may be deleted: like `survey`, without what is protected and without tombstones."""
    return [each for each in survey(session, regions, only) if not each.protected and not each.is_tombstone]


def _listed(job: tuple[ResourceType, Place]) -> list[Resource]:
    kind, place = job
    try:
        found = list(kind.find(place))
    except AwsError as error:
        if any(error.code == absent.code and absent.words in error.message for absent in kind.absent_when):
            return []
        raise
    return [
        Resource(
            type=kind.name,
            arn=each.arn,
            region=place.region,
            handle=each.handle,
            created_at=each.created_at,
            details=each.details,
            price=kind.price,
            protected=each.protected,
            is_tombstone=each.is_tombstone,
        )
        for each in found
    ]


def plan(standing: Iterable[Resource]) -> list[list[Resource]]:
    """Return the passes in which these would go if AWS deleted everything at once."""
    left, passes = list(standing), []
    while left:
        free = _free(left) or left
        passes.append(free)
        left = [each for each in left if each not in free]
    return passes


def deletion_pass(session: Session, standing: Sequence[Resource]) -> Pass:
    """Ask for the deletion of what nothing else of the list must precede; already gone is success.

    When all of that is refused, the rest is tried too: what cannot be deleted holds up only what AWS says it does.
    """
    batch = _free(standing)[:DELETIONS_PER_PASS]
    answers = _delete(session, batch)
    if batch and all(answers.values()):
        tried = set(batch)
        rest = [each for each in standing if each not in tried][:DELETIONS_PER_PASS]
        answers |= _delete(session, rest)
    deleted = tuple(resource for resource, refusal in answers.items() if refusal is None)
    refusals = {resource.arn: refusal for resource, refusal in answers.items() if refusal is not None}
    return Pass(
        deleted=deleted,
        refused={arn: f"{refusal.code}: {refusal.message}" for arn, refusal in refusals.items()},
        waiting=len(standing) - len(answers),
        is_hopeless=not deleted and not any(isinstance(refusal, Transient) for refusal in refusals.values()),
    )


def _free(standing: Sequence[Resource]) -> list[Resource]:
    present = {resource.type for resource in standing}
    return [resource for resource in standing if not present & set(types.BY_NAME[resource.type].after)]


def _delete(session: Session, batch: Sequence[Resource]) -> dict[Resource, AwsError | None]:
    def delete(resource: Resource) -> AwsError | None:
        try:
            types.BY_NAME[resource.type].delete(Place(session, resource.region), resource.handle)
        except Missing:
            return None
        except AwsError as error:
            return error
        return None

    return dict(zip(batch, _in_parallel(delete, batch), strict=True))


def _in_parallel(work: Callable[[Any], Any], jobs: Sequence[Any]) -> list[Any]:
    if not jobs:
        return []
    pool = ThreadPoolExecutor(max_workers=min(THREADS, len(jobs)), thread_name_prefix="sweeper")
    try:
        return list(pool.map(time_limit.carried(work), jobs))
    finally:
        pool.shutdown(cancel_futures=True)  # After a failure the rest need not be asked.
