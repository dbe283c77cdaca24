"""The leases as JSON."""

from typing import Any

from django.http import HttpRequest, JsonResponse
from django.utils import timezone

from provisioning.api.answers import ApiProblem, a_page, body_of, checked, for_staff
from provisioning.domain import interventions
from provisioning.domain.interventions import UnableToIntervene
from provisioning.domain.lease_interventions import LEASE
from provisioning.domain.placeholders import outputs_of
from provisioning.domain.queries import history, lease_list
from provisioning.domain.queries.finding import lease_by_reference
from provisioning.forms.filters import LeaseFilterForm
from provisioning.forms.interventions import InterventionForm
from provisioning.models import Lease


@for_staff("GET", "HEAD")
def index(request: HttpRequest) -> JsonResponse:
    """List leases, the newest first; `next` is the cursor of the following page."""
    now = timezone.now()
    form = checked(LeaseFilterForm(request.GET))
    assert isinstance(form, LeaseFilterForm)
    found, next_cursor = a_page(request, lease_list.matching(now, form.wanted()))
    rows = lease_list.rows(now, found)
    following = next_cursor([row.lease for row in rows])
    shown = rows[:-1] if following else rows
    return JsonResponse({"leases": [row.document() for row in shown], "next": following})


@for_staff("GET", "HEAD")
def show(request: HttpRequest, lease: str) -> JsonResponse:
    """Return one lease with its moves, inventory and cost lines, and what may be done to it."""
    return JsonResponse(_document(_find(lease)))


@for_staff("POST")
def act(request: HttpRequest, lease: str, action: str) -> JsonResponse:
    """Do one of the lease's actions; the body is a JSON object with `reason` and what the action asks."""
    found = _find(lease)
    chosen = LEASE.get(action)
    if chosen is None:
        raise ApiProblem(404, "NoSuchAction", f"There is no action {action!r} for leases.")
    now = timezone.now()
    form = InterventionForm(body_of(request), intervention=chosen, row=found)
    checked(form)
    try:
        done = interventions.intervene(
            now=now, intervention=chosen, row=found, actor=request.user.pk, **form.arguments()
        )
    except UnableToIntervene as refusal:
        raise ApiProblem(409, "NotPossible", str(refusal)) from refusal
    found.refresh_from_db()
    return JsonResponse({"done": done, "lease": lease_list.row_of(now, found).document()})


def _document(found: Lease) -> dict[str, Any]:
    estimate = found.cost_estimates.first()
    return {
        **lease_list.row_of(timezone.now(), found).document(),
        "actions": [each.name for each in interventions.offered(LEASE, found)],
        "outputs": outputs_of(found),
        "extra_stacks": found.extra_stacks,
        "inventory": found.inventory,
        "moves": [event.document() for event in history.timeline_of_lease(found)],
        "cost_lines": estimate.lines if estimate else [],
        "cost_omits": estimate.omitted if estimate else [],
    }


def _find(reference: str) -> Lease:
    found = lease_by_reference(reference)
    if found is None:
        raise ApiProblem(404, "NotFound", f"There is no lease {reference!r}.")
    return found
