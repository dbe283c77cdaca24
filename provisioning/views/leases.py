"""The leases, for staff: the list, one lease with all that is known of it, and acting on it."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from provisioning.domain import interventions
from provisioning.domain.interventions import UnableToIntervene
from provisioning.domain.lease_interventions import LEASE
from provisioning.domain.queries import history, lease_list
from provisioning.domain.queries.finding import lease_by_reference
from provisioning.domain.queries.leases import states
from provisioning.forms.filters import LeaseFilterForm
from provisioning.forms.interventions import InterventionForm
from provisioning.models import Lease
from provisioning.views.staff import StaffRequest, frame, is_part, staff_only

PAGE = 50


@staff_only
@require_safe
def index(request: StaffRequest) -> HttpResponse:
    """List the leases that the filter lets through, what needs attention first."""
    now, form = timezone.now(), LeaseFilterForm(request.GET)
    found = lease_list.by_attention(now, lease_list.matching(now, form.wanted()))
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "page": page,
        "rows": lease_list.rows(now, found[max(0, page.start_index() - 1) : page.end_index()]),
        "counts": states(),
    }
    template = "provisioning/_leases.html" if is_part(request) else "provisioning/leases.html"
    return render(request, template, {**frame(request), **context})


@staff_only
@require_safe
def show(request: StaffRequest, lease: str) -> HttpResponse:
    """Show one lease with its moves, cost, inventory, keys and journal."""
    now, found = timezone.now(), _find(lease)
    context = {
        "row": lease_list.row_of(now, found),
        "timeline": history.timeline_of_lease(found),
        "journal": history.journal_of_lease(found),
        "keys": history.keys_of_lease(found),
        "estimate": found.cost_estimates.first(),
        "actions": interventions.offered(LEASE, found),
    }
    template = "provisioning/_lease.html" if is_part(request) else "provisioning/lease.html"
    return render(request, template, {**frame(request), **context})


@staff_only
@require_http_methods(["GET", "HEAD", "POST"])
def act(request: StaffRequest, lease: str, action: str) -> HttpResponse:
    """Say what an action will do and ask for a reason (GET); do it and say what it did (POST)."""
    now, found = timezone.now(), _find(lease)
    chosen = LEASE.get(action)
    if chosen is None:
        raise Http404
    form = InterventionForm(request.POST or None, intervention=chosen, row=found)
    if request.method == "POST" and form.is_valid():
        try:
            done = interventions.intervene(
                now=now, intervention=chosen, row=found, actor=request.user.pk, **form.arguments()
            )
            messages.success(request, done)
            return redirect("staff_lease", found.pk)
        except UnableToIntervene as refusal:
            form.add_error(None, str(refusal))
    context = {
        "row": lease_list.row_of(now, found),
        "back": ("staff_lease", str(found.pk)),
        "chosen": chosen,
        "will": chosen.sentence(found),
        "form": form,
    }
    status = 422 if form.errors else 200
    return render(request, "provisioning/act.html", {**frame(request), **context}, status=status)


def _find(reference: str) -> Lease:
    found = lease_by_reference(reference)
    if found is None:
        raise Http404
    return found
