"""A pack's services for a team, where AWS is simulated: wishes, claims, and what became of each process."""

import random
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _

from accounts.models import User
from provisioning.domain.shells import tool_environment
from provisioning.domain.tokens import issue_token
from provisioning.enums import OPEN_LEASE_STATES
from quests.domain.checks import request_check
from quests.domain.inputs import save_input
from quests.domain.live import team_changed
from quests.domain.openings import require_unlocked
from quests.domain.own_services import HOST
from quests.domain.playing import require_open
from quests.domain.refusals import EventNotOpen, InputLocked, UnableToServe
from quests.enums import LIVE_SERVICE_STATES, EventState, ServiceState
from quests.models import Enrollment, OwnService, Quest, ReferenceService

# How long a runner may be silent before another starts its services again. Its own processes end with it.
CLAIM = timedelta(seconds=15)
OUTPUT_CHARACTERS = 4000
_PORT_TRIES = 5


@dataclass(frozen=True)
class ServiceClaim:
    """A claimed service: what a runner says about it counts only while the row still has this version."""

    pk: int
    version: int
    run: int
    port: int
    state: str


@dataclass(frozen=True)
class ServiceOrder:
    """All that a runner needs to start a service; `environment` holds a personal token and is never stored."""

    name: str
    code: str
    environment: Mapping[str, str]


def is_offered() -> bool:
    """Tell whether this installation runs packs' services at all: never beside real AWS."""
    return settings.AWS_MODE == "simulator" and bool(settings.REFERENCE_PORTS)


def addresses_by_team(enrollments: Collection[UUID]) -> dict[UUID, set[str]]:
    """Return `host:port` of each service on this machine that is one of these teams', whoever runs it; two queries."""
    found: dict[UUID, set[str]] = {enrollment: set() for enrollment in enrollments}
    live = ReferenceService.objects.filter(enrollment__in=enrollments, state__in=LIVE_SERVICE_STATES)
    own = OwnService.objects.filter(enrollment__in=enrollments)
    for enrollment, port in (*live.values_list("enrollment_id", "port"), *own.values_list("enrollment_id", "port")):
        found[enrollment].add(f"{HOST}:{port}")
    return found


def launch_service(
    *, now: datetime, enrollment: Enrollment, slug: str, values: Mapping[str, str], user: User
) -> ReferenceService:
    """Have the pack's service run for the team, and hand in its address; launched twice, it runs once.

    Raises EventNotOpen, QuestLocked or UnableToServe.
    """
    require_open(now=now, enrollment=enrollment)
    document = _document(enrollment, slug)
    quest = Quest.objects.get(release=enrollment.event.release, slug=document["quest"])
    require_unlocked(enrollment=enrollment, quest=quest)
    lease = enrollment.place.lease if enrollment.place else None
    if lease is None or lease.state not in OPEN_LEASE_STATES:
        raise UnableToServe(_("Your sandbox is not ready yet, so there is nothing to serve from."))
    chosen = {setting["name"]: values.get(setting["name"], "") for setting in document["settings"]}
    with transaction.atomic():
        # One launch per team at a time: members who click together get one process.
        Enrollment.objects.select_for_update(no_key=True).get(pk=enrollment.pk)
        service = ReferenceService.objects.filter(enrollment=enrollment, slug=slug).first()
        if service is None or service.state not in LIVE_SERVICE_STATES:
            service = _place(now=now, enrollment=enrollment, slug=slug, chosen=chosen, user=user, known=service)
        elif service.state == ServiceState.STOPPING:
            raise UnableToServe(_("It is just being stopped. Start it again in a moment."))
        # Where the tasks are passed already there is nothing to hand in, and it may run all the same.
        with suppress(InputLocked):
            save_input(
                now=now,
                enrollment=enrollment,
                quest=quest,
                name=document["input"],
                value=address_of(service),
                user=user,
            )
    return service


def address_of(service: ReferenceService) -> str:
    """Return the URL at which the service answers."""
    return f"http://{HOST}:{service.port}"


def _document(enrollment: Enrollment, slug: str) -> dict[str, Any]:
    document: dict[str, Any] | None = enrollment.event.release.document.get("services", {}).get(slug)
    if document is None or not is_offered():
        raise UnableToServe(_("There is no such service here."))
    return document


def _place(
    *,
    now: datetime,
    enrollment: Enrollment,
    slug: str,
    chosen: Mapping[str, str],
    user: User,
    known: ReferenceService | None,
) -> ReferenceService:
    """Write the wish with a port that no other live service has; the database decides between two at once."""
    fresh = {
        "settings": dict(chosen), "state": ServiceState.STARTING, "launched_by": user.id, "launched_at": now,
        "ended_at": None, "reason": "", "output": "", "claimed_until": None,
    }  # fmt: skip
    for _try in range(_PORT_TRIES):
        taken = ReferenceService.objects.filter(state__in=LIVE_SERVICE_STATES).values_list("port", flat=True)
        free = sorted(set(settings.REFERENCE_PORTS) - set(taken))
        if not free:
            break
        port = random.choice(free)
        try:
            with transaction.atomic():
                if known is None:
                    return ReferenceService.objects.create(enrollment=enrollment, slug=slug, port=port, **fresh)
                ReferenceService.objects.filter(pk=known.pk).update(
                    port=port, run=F("run") + 1, version=F("version") + 1, **fresh
                )
                known.refresh_from_db()
                return known
        except IntegrityError:
            continue
    raise UnableToServe(
        _("All %(count)s ports for services are in use. Run it in a terminal of yours, or try again later.")
        % {"count": len(settings.REFERENCE_PORTS)}
    )


def stop_service(*, enrollment: Enrollment, slug: str) -> bool:
    """Have the team's service stopped; return whether it ran."""
    stopped = ReferenceService.objects.filter(
        enrollment=enrollment, slug=slug, state__in=(ServiceState.STARTING, ServiceState.RUNNING)
    ).update(state=ServiceState.STOPPING)
    if stopped:
        team_changed(enrollment=enrollment)
    return bool(stopped)


def stop_what_is_over(*, now: datetime) -> int:
    """Have every service stopped whose event has ended or whose sandbox is gone; return how many."""
    return (
        ReferenceService.objects.filter(state__in=(ServiceState.STARTING, ServiceState.RUNNING))
        .exclude(
            # The end of a paused event moves when it goes on.
            Q(enrollment__event__state=EventState.PAUSED)
            | Q(enrollment__event__state=EventState.OPEN, enrollment__event__ends_at__gt=now),
            enrollment__place__lease__state__in=OPEN_LEASE_STATES,
        )
        .update(state=ServiceState.STOPPING, reason=_("The event or the sandbox is over."))
    )


def claim_services(*, now: datetime, held: Mapping[int, int], limit: int) -> list[ServiceClaim]:
    """Keep the claims in `held` (id → version) and take live services that nobody holds, up to `limit` in all.

    A claim of `held` that is missing from the answer is lost: its process must be ended at once.
    """
    kept = [pk for pk, version in held.items() if _take(now=now, pk=pk, version=version)]
    free = ReferenceService.objects.filter(
        Q(claimed_until=None) | Q(claimed_until__lt=now), state__in=LIVE_SERVICE_STATES
    ).exclude(pk__in=kept)
    for pk, version in free.order_by("launched_at").values_list("pk", "version")[: max(limit - len(kept), 0)]:
        if _take(now=now, pk=pk, version=version, bump=1):
            kept.append(pk)
    return [
        ServiceClaim(row.pk, row.version, row.run, row.port, row.state)
        for row in ReferenceService.objects.filter(pk__in=kept)
    ]


def _take(*, now: datetime, pk: int, version: int, bump: int = 0) -> bool:
    row = ReferenceService.objects.filter(pk=pk, version=version, state__in=LIVE_SERVICE_STATES)
    return bool(row.update(claimed_until=now + CLAIM, version=version + bump))


def order_of(*, now: datetime, claim: ServiceClaim) -> ServiceOrder:
    """Return what to run for a claim, with a token of the person who launched it.

    Raises UnableToServe or `provisioning.domain.access.NoAccess` when it may not run any more.
    """
    service = ReferenceService.objects.select_related(
        "enrollment__event__release", "enrollment__place__lease__account", "enrollment__place__lease__blueprint"
    ).get(pk=claim.pk)
    document = _document(service.enrollment, service.slug)
    lease = service.enrollment.place.lease if service.enrollment.place else None
    if lease is None:
        raise UnableToServe(_("The sandbox is gone."))
    token = issue_token(now=now, lease=lease, person=service.launched_by)
    environment = {**service.settings, **tool_environment(lease=lease, token=token)}
    return ServiceOrder(name=service.slug, code=document["code"], environment=environment)


def record_running(*, now: datetime, claim: ServiceClaim, output: str) -> None:
    """Write down that the service answers and the last of what it printed; at first also check its quest's tasks."""
    if _record(claim, state=ServiceState.RUNNING, from_states=(ServiceState.STARTING,), output=output):
        service = ReferenceService.objects.select_related("enrollment__event__release").get(pk=claim.pk)
        enrollment = service.enrollment
        quest = Quest.objects.get(release=enrollment.event.release, slug=_document(enrollment, service.slug)["quest"])
        with suppress(EventNotOpen):
            request_check(now=now, enrollment=enrollment, quest=quest, cooldown=False)
    else:
        _record(claim, from_states=(ServiceState.RUNNING,), output=output)


def record_ended(*, now: datetime, claim: ServiceClaim, output: str, crashed: bool, reason: str = "") -> None:
    """Write down that the service runs no longer, and give its port free; without a reason the one it has stays."""
    changes: dict[str, Any] = {"reason": reason} if reason else {}
    state = ServiceState.CRASHED if crashed else ServiceState.STOPPED
    _record(
        claim, state=state, from_states=LIVE_SERVICE_STATES, output=output, ended_at=now, claimed_until=None, **changes
    )


def _record(claim: ServiceClaim, *, from_states: tuple[ServiceState, ...], output: str, **changes: Any) -> bool:
    row = ReferenceService.objects.filter(pk=claim.pk, version=claim.version, state__in=from_states)
    # PostgreSQL stores no zero bytes.
    written = bool(row.update(output=output[-OUTPUT_CHARACTERS:].replace("\0", "�"), **changes))
    if written:
        team_changed(enrollment=ReferenceService.objects.select_related("enrollment").get(pk=claim.pk).enrollment)
    return written
