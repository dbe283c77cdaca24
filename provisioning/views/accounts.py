"""The account pool, for staff: the list, one account with all that is known of it, and acting on it."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from provisioning.domain import interventions
from provisioning.domain.account_interventions import ACCOUNT
from provisioning.domain.interventions import UnableToIntervene
from provisioning.domain.queries import account_list, history
from provisioning.domain.queries.finding import account_by_reference
from provisioning.domain.queries.pool import pool
from provisioning.domain.queries.registration import found_in
from provisioning.enums import AccountState
from provisioning.forms.filters import AccountFilterForm
from provisioning.forms.interventions import InterventionForm
from provisioning.forms.registration import RegistrationForm
from provisioning.models import Account
from provisioning.views.staff import StaffRequest, frame, is_part, staff_only

PAGE = 50


@staff_only
@require_safe
def index(request: StaffRequest) -> HttpResponse:
    """List the accounts that the filter lets through, what needs attention first."""
    now, form = timezone.now(), AccountFilterForm(request.GET)
    found = account_list.by_attention(now, account_list.matching(now, form.wanted()))
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "page": page,
        "rows": account_list.rows(now, found[max(0, page.start_index() - 1) : page.end_index()]),
        "counts": pool().by_state,
    }
    template = "provisioning/_accounts.html" if is_part(request) else "provisioning/accounts.html"
    return render(request, template, {**frame(request), **context})


@staff_only
@require_safe
def show(request: StaffRequest, account: str) -> HttpResponse:
    """Show one account with its moves, certificates, leases, leftovers and journal."""
    now, found = timezone.now(), _find(account)
    row = account_list.row_of(now, found)
    context = {
        "row": row,
        "timeline": history.timeline_of_account(found),
        "journal": history.journal_of_account(found),
        "certificates": found.certificates.all()[:10],
        "leases": found.leases.order_by("-created_at")[: history.LEASES],
        "actions": [] if row.lease else interventions.offered(ACCOUNT, found),
        "inventory": found_in(found) if found.state == AccountState.REGISTERED else None,
    }
    template = "provisioning/_account.html" if is_part(request) else "provisioning/account.html"
    return render(request, template, {**frame(request), **context})


@staff_only
@require_http_methods(["GET", "HEAD", "POST"])
def act(request: StaffRequest, account: str, action: str) -> HttpResponse:
    """Say what an action will do and ask for a reason (GET); do it and say what it did (POST)."""
    now, found = timezone.now(), _find(account)
    chosen = ACCOUNT.get(action)
    if chosen is None:
        raise Http404
    form = InterventionForm(request.POST or None, intervention=chosen, row=found)
    if request.method == "POST" and form.is_valid():
        try:
            done = interventions.intervene(
                now=now, intervention=chosen, row=found, actor=request.user.pk, **form.arguments()
            )
            messages.success(request, done)
            return redirect("staff_account", account)
        except UnableToIntervene as refusal:
            form.add_error(None, str(refusal))
    context = {
        "row": account_list.row_of(now, found),
        "back": ("staff_account", account),
        "chosen": chosen,
        "will": chosen.sentence(found),
        "inventory": found_in(found) if "keep" in chosen.asks else None,
        "form": form,
    }
    status = 422 if form.errors else 200
    return render(request, "provisioning/act.html", {**frame(request), **context}, status=status)


@staff_only
@require_http_methods(["GET", "HEAD", "POST"])
def register(request: StaffRequest) -> HttpResponse:
    """Register existing accounts by their ids; nothing in them is touched until each is confirmed."""
    form = RegistrationForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = form.register(now=timezone.now(), actor=request.user.pk)
            messages.success(request, made)
            return redirect("staff_accounts")
        except UnableToIntervene as refusal:
            form.add_error(None, str(refusal))
    status = 422 if form.errors else 200
    return render(request, "provisioning/register.html", {**frame(request), "form": form}, status=status)


def _find(reference: str) -> Account:
    found = account_by_reference(reference)
    if found is None:
        raise Http404
    return found
