"""Packs and their releases, for those who may schedule events."""

from typing import Any

from django.utils import timezone
from ninja import Router, Schema
from pydantic import Field

from accounts.api.problems import ApiProblem, answers
from accounts.api.signing_in import PersonRequest, by
from accounts.api.words import Body, Moment, Reason, Slug, Text
from accounts.enums import Scope
from quests.api.lookup import organized_event
from quests.domain.adopting import adopt_release
from quests.models import PackRelease
from quests.permissions import may_schedule

router = Router(tags=["packs"])


class Release(Schema):
    """One content of a pack, never changed once it is loaded."""

    pack: str
    version: str
    title: str
    summary: str
    game_type: str
    duration_minutes: int
    team_size_min: int
    team_size_max: int
    maximum: int = Field(description="Points of all tasks together.")
    content_hash: str
    loaded_at: Moment


class Releases(Schema):
    """Releases by pack, the newest of each first; there are as many as somebody has loaded, so there are no pages."""

    releases: list[Release]


class AdoptBody(Body):
    """Which release the event plays from now on, and why."""

    version: Text
    reason: Reason


class Adopted(Schema):
    """What the event plays now."""

    event: str
    version: str


@router.get("packs", response=answers(Releases), auth=by(Scope.READ), url_name="api_packs")
def index(request: PersonRequest) -> Any:
    """List every release of every pack."""
    return {"releases": _releases(request)}


@router.get("packs/{pack}", response=answers(Releases), auth=by(Scope.READ), url_name="api_pack")
def show(request: PersonRequest, pack: Slug) -> Any:
    """List the releases of one pack."""
    found = _releases(request, pack__slug=pack)
    if not found:
        raise ApiProblem(404, "NotFound", "There is no such pack.")
    return {"releases": found}


@router.post("events/{event}/release", response=answers(Adopted), auth=by(Scope.PACKS), url_name="api_adopt")
def adopt(request: PersonRequest, event: Slug, body: AdoptBody) -> Any:
    """Let the event play another release of its pack; what teams have done, paid and won stays theirs."""
    found = organized_event(request, event)
    release = found.release.pack.releases.filter(version=body.version).select_related("blueprint").first()
    if release is None:
        raise ApiProblem(404, "NotFound", "The event's pack has no such version.")
    adopt_release(now=timezone.now(), event=found, release=release, reason=body.reason, actor=request.user.pk)
    return {"event": found.slug, "version": release.version}


def _releases(request: PersonRequest, **wanted: str) -> list[dict[str, Any]]:
    if not may_schedule(request.user):
        raise ApiProblem(403, "NotAllowed", "Only organizers and staff can look at packs.")
    rows = PackRelease.objects.filter(**wanted).select_related("pack").defer("document")
    plain = [name for name in Release.model_fields if name != "pack"]
    return [
        {"pack": row.pack.slug, **{name: getattr(row, name) for name in plain}}
        for row in rows.order_by("pack__slug", "-loaded_at", "-pk")
    ]
