"""What a quest page shows of the pack's services."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from provisioning.domain.placeholders import variables as lease_variables
from quests.domain.reference_services import address_of, is_offered
from quests.enums import LIVE_SERVICE_STATES
from quests.models import Enrollment, Quest, ReferenceService
from quests.pack.placeholders import substitute_known


@dataclass(frozen=True)
class ServiceView:
    """A service of the quest as the team sees it; `state` is empty as long as nobody has launched it."""

    slug: str
    title: str
    summary: str
    settings: Sequence[Mapping[str, Any]]
    values: Mapping[str, str]
    state: str = ""
    is_live: bool = False
    address: str = ""
    reason: str = ""
    output: str = ""
    since: datetime | None = None


def services_of(*, enrollment: Enrollment, quest: Quest) -> list[ServiceView]:
    """Return the services that the pack offers in this quest; none where the platform runs none."""
    documents = enrollment.event.release.document.get("services", {})
    offered = {slug: document for slug, document in documents.items() if document["quest"] == quest.slug}
    if not offered or not is_offered():
        return []
    lease = enrollment.place.lease if enrollment.place else None
    known = lease_variables(lease) if lease else {}
    rows = {row.slug: row for row in ReferenceService.objects.filter(enrollment=enrollment, slug__in=offered)}
    return [_view(slug, document, rows.get(slug), known) for slug, document in offered.items()]


def _view(
    slug: str, document: Mapping[str, Any], row: ReferenceService | None, known: Mapping[str, str]
) -> ServiceView:
    values = {setting["name"]: substitute_known(setting["default"], known) for setting in document["settings"]}
    if row is None:
        return ServiceView(slug, document["title"], document["summary"], document["settings"], values)
    is_live = row.state in LIVE_SERVICE_STATES
    return ServiceView(
        slug,
        document["title"],
        document["summary"],
        document["settings"],
        {**values, **{name: value for name, value in row.settings.items() if name in values}},
        state=row.state,
        is_live=is_live,
        address=address_of(row) if is_live else "",
        reason=row.reason,
        output=row.output,
        since=row.ended_at or row.launched_at,
    )
