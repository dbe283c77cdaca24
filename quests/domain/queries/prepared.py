"""Calls that the pack's quests lay out ready for the workbench."""

import json
from dataclasses import dataclass
from urllib.parse import urlencode

from provisioning.domain.placeholders import variables as lease_variables
from quests.domain.openings import locked_quests
from quests.models import Enrollment
from quests.pack.placeholders import UnresolvedPlaceholder, substitute


@dataclass(frozen=True)
class PreparedCall:
    """A call with the team's own values filled in; `parameters` is JSON text."""

    quest: str
    quest_slug: str
    label: str
    service: str
    operation: str
    parameters: str

    @property
    def query(self) -> str:
        """Return the workbench's query that lays the call out."""
        return urlencode({"service": self.service, "operation": self.operation, "parameters": self.parameters})


def prepared_calls(*, enrollment: Enrollment) -> list[PreparedCall]:
    """Return the prepared calls of the quests that are open; those whose values are not there yet are left out."""
    lease = enrollment.place.lease if enrollment.place else None
    if lease is None:
        return []
    variables = lease_variables(lease)
    locked = locked_quests(event=enrollment.event, enrollments=[enrollment])[enrollment.pk]
    calls = []
    for quest in enrollment.event.release.document["quests"]:
        if quest["slug"] in locked:
            continue
        for call in quest["workbench"]:
            try:
                parameters = substitute(call["parameters"], variables)
            except UnresolvedPlaceholder:
                continue
            calls.append(
                PreparedCall(
                    quest=quest["title"],
                    quest_slug=quest["slug"],
                    label=call["label"],
                    service=call["service"],
                    operation=call["operation"],
                    parameters=json.dumps(parameters, indent=2, ensure_ascii=False),
                )
            )
    return calls
