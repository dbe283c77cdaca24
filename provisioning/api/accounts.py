"""The account pool as JSON."""

from typing import Any

from django.http import HttpRequest, JsonResponse
from django.utils import timezone

from provisioning.api.answers import ApiProblem, a_page, body_of, checked, for_staff
from provisioning.domain import interventions
from provisioning.domain.account_interventions import ACCOUNT
from provisioning.domain.interventions import UnableToIntervene
from provisioning.domain.queries import account_list, history
from provisioning.domain.queries.finding import account_by_reference
from provisioning.forms.filters import AccountFilterForm
from provisioning.forms.interventions import InterventionForm
from provisioning.models import Account


@for_staff("GET", "HEAD")
def index(request: HttpRequest) -> JsonResponse:
    """List accounts, the newest first; `next` is the cursor of the following page."""
    now = timezone.now()
    form = checked(AccountFilterForm(request.GET))
    assert isinstance(form, AccountFilterForm)
    found, next_cursor = a_page(request, account_list.matching(now, form.wanted()))
    rows = account_list.rows(now, found)
    following = next_cursor([row.account for row in rows])
    shown = rows[:-1] if following else rows
    return JsonResponse({"accounts": [row.document() for row in shown], "next": following})


@for_staff("GET", "HEAD")
def show(request: HttpRequest, account: str) -> JsonResponse:
    """Return one account with its moves, certificates and leases, and what may be done to it."""
    return JsonResponse(_document(_find(account)))


@for_staff("POST")
def act(request: HttpRequest, account: str, action: str) -> JsonResponse:
    """Do one of the account's actions; the body is a JSON object with `reason` and what the action asks."""
    found = _find(account)
    chosen = ACCOUNT.get(action)
    if chosen is None:
        raise ApiProblem(404, "NoSuchAction", f"There is no action {action!r} for accounts.")
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
    return JsonResponse({"done": done, "account": account_list.row_of(now, found).document()})


def _document(found: Account) -> dict[str, Any]:
    row = account_list.row_of(timezone.now(), found)
    actions = [] if row.lease else interventions.offered(ACCOUNT, found)
    return {
        **row.document(),
        "actions": [each.name for each in actions],
        "inventory": found.inventory,
        "moves": [event.document() for event in history.timeline_of_account(found)],
        "certificates": [
            {
                "at": each.at.isoformat(),
                "is_clean": each.is_clean,
                "rounds": each.rounds,
                "regions": each.regions,
                "resource_types": each.resource_types,
                "leftovers": each.leftovers,
            }
            for each in found.certificates.all()[:10]
        ],
        "leases": [str(pk) for pk in found.leases.order_by("-created_at").values_list("pk", flat=True)[:20]],
    }


def _find(reference: str) -> Account:
    found = account_by_reference(reference)
    if found is None:
        raise ApiProblem(404, "NotFound", f"There is no account {reference!r} in the pool.")
    return found
