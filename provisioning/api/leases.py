"""The leases as JSON."""

from typing import Any, Literal

from django.http import HttpResponse
from django.utils import timezone
from ninja import Query, Router
from pydantic import Field

from accounts.api.pages import PageQuery, a_page
from accounts.api.problems import ApiProblem, answers, checked
from accounts.api.signing_in import PersonRequest, by
from accounts.api.words import Slug, Text
from accounts.enums import Scope
from provisioning.api.documents import ActBody, LeaseDone, Leases, WholeLease
from provisioning.domain import interventions
from provisioning.domain.interventions import UnableToIntervene
from provisioning.domain.lease_interventions import LEASE
from provisioning.domain.placeholders import outputs_of
from provisioning.domain.queries import history, lease_list
from provisioning.domain.queries.finding import lease_by_reference
from provisioning.enums import LeaseState
from provisioning.forms.filters import LeaseFilterForm
from provisioning.forms.interventions import InterventionForm
from provisioning.models import Lease

router = Router(tags=["leases"])


class LeaseQuery(PageQuery):
    """Which leases to list; empty fields do not narrow."""

    q: Text = Field("", max_length=100, description="Lease id, account id or name, holder's id.")
    state: LeaseState | Literal[""] = ""
    scope: Text = Field("", max_length=100, description="An event: its booking's name, or its id.")
    reason: Text = Field("", max_length=100, description="Contains this.")
    overdue: bool = Field(False, description="Only those that are late.")


@router.get("leases", response=answers(Leases), auth=by(Scope.READ, staff_only=True), url_name="api_leases")
def index(request: PersonRequest, response: HttpResponse, query: Query[LeaseQuery]) -> Any:
    """List leases, the newest first; `next` is the cursor of the following page."""
    now = timezone.now()
    form = checked(LeaseFilterForm(query.dict()))
    assert isinstance(form, LeaseFilterForm)
    found, following = a_page(request, response, query, lease_list.matching(now, form.wanted()))
    page = Lease.objects.filter(pk__in=[lease.pk for lease in found]).order_by("-created_at", "-pk")
    return {"leases": [row.document() for row in lease_list.rows(now, page)], "next": following}


@router.get(
    "leases/{lease}",
    response=answers(WholeLease),
    auth=by(Scope.READ, staff_only=True),
    url_name="api_lease",
    by_alias=True,
)
def show(request: PersonRequest, lease: Slug) -> Any:
    """Return one lease with its moves, inventory and cost lines, and what may be done to it."""
    return _document(_find(lease))


@router.post(
    "leases/{lease}/actions/{action}",
    response=answers(LeaseDone),
    auth=by(Scope.LEASES, staff_only=True),
    url_name="api_lease_act",
)
def act(request: PersonRequest, lease: Slug, action: Slug, body: ActBody) -> Any:
    """Do one of the lease's actions, with the reason and what the action asks."""
    found = _find(lease)
    chosen = LEASE.get(action)
    if chosen is None:
        raise ApiProblem(404, "NoSuchAction", f"There is no action {action!r} for leases.")
    now = timezone.now()
    form = InterventionForm(body.model_dump(exclude_unset=True), intervention=chosen, row=found)
    checked(form)
    try:
        done = interventions.intervene(
            now=now, intervention=chosen, row=found, actor=request.user.pk, **form.arguments()
        )
    except UnableToIntervene as refusal:
        raise ApiProblem(409, "NotPossible", str(refusal)) from refusal
    found.refresh_from_db()
    return {"done": done, "lease": lease_list.row_of(now, found).document()}


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
