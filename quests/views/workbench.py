"""The workbench: AWS calls as the team, without a terminal."""

import json
import time
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.models import AuditEntry
from provisioning.aws.errors import AwsError
from provisioning.domain import access, invocations
from quests.domain.live import clock_topic, place_topic
from quests.domain.queries.prepared import prepared_calls
from quests.domain.queries.sandbox import sandbox_of
from quests.forms.workbench import CallForm
from quests.models import Enrollment
from quests.views.frame import frame
from quests.views.lookup import SignedInRequest, team_only

JOURNAL_ACTION = "workbench.call"
HISTORY_LENGTH = 10


@team_only
@require_http_methods(["GET", "POST"])
def workbench(request: SignedInRequest, enrollment: Enrollment) -> HttpResponse:
    """Choose a call (GET: service, operation, parameters), run it as the team (POST) and read the answer."""
    form = CallForm(request.POST or request.GET or None, services=enrollment.event.release.blueprint.services)
    answer, status = None, 200
    if request.method == "POST":
        if form.is_valid():
            answer = _run(request, enrollment, form.call())
        else:
            status = 422
    address = reverse("workbench", args=[enrollment.event.slug])
    topics = {"clock": clock_topic(enrollment.event_id)}
    if enrollment.place_id:
        topics["sandbox"] = place_topic(enrollment.place_id)
    context = frame(request, enrollment.event, topics=topics)
    context |= form.shown(errors=request.method == "POST")
    context |= {
        "sandbox": sandbox_of(now=timezone.now(), enrollment=enrollment),
        "answer": answer,
        "prepared": [
            {"label": call.label, "quest": call.quest, "url": f"{address}?{call.query}"}
            for call in prepared_calls(enrollment=enrollment)
        ],
        "history": _history(request, enrollment, address),
    }
    return render(request, "quests/workbench.html", context, status=status)


def _run(request: SignedInRequest, enrollment: Enrollment, call: dict[str, Any]) -> dict[str, Any]:
    lease = enrollment.place.lease if enrollment.place else None
    if lease is None:
        message = _("The sandbox is not ready yet. Nothing was called.")
        return {"ok": False, "error_code": "NotReady", "message": message}
    started = time.perf_counter()
    try:
        body = invocations.invoke_as_participant(now=timezone.now(), lease=lease, person=request.user.id, **call)
    except access.NoAccess as refusal:
        return {"ok": False, "error_code": refusal.code, "message": str(refusal)}
    except AwsError as error:
        return {"ok": False, "error_code": error.code, "message": error.message}
    return {
        "ok": True,
        "body": json.dumps(body, indent=2, ensure_ascii=False),
        "milliseconds": round((time.perf_counter() - started) * 1000),
    }


def _history(request: SignedInRequest, enrollment: Enrollment, address: str) -> list[dict[str, Any]]:
    team = {row.user_id: row.user.name for row in enrollment.participations.select_related("user")}
    entries = AuditEntry.objects.filter(actor__in=team, scope=enrollment.event_id, action=JOURNAL_ACTION).order_by(
        "-at"
    )[:HISTORY_LENGTH]
    return [
        {
            "at": entry.at,
            "person": team.get(entry.actor, "") if entry.actor else "",
            "service": entry.details["service"],
            "operation": entry.details["operation"],
            "ok": entry.details["result"] == "ok",
            "url": f"{address}?"
            + urlencode({"service": entry.details["service"], "operation": entry.details["operation"]}),
        }
        for entry in entries
    ]
