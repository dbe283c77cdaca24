"""The account pool as JSON."""

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
from provisioning.api.documents import AccountDone, Accounts, ActBody, WholeAccount
from provisioning.domain import interventions
from provisioning.domain.account_interventions import ACCOUNT
from provisioning.domain.interventions import UnableToIntervene
from provisioning.domain.queries import account_list, history
from provisioning.domain.queries.finding import account_by_reference
from provisioning.enums import AccountSource, AccountState
from provisioning.forms.filters import AccountFilterForm
from provisioning.forms.interventions import InterventionForm
from provisioning.models import Account

router = Router(tags=["accounts"])


class AccountQuery(PageQuery):
    """Which accounts to list; empty fields do not narrow."""

    q: Text = Field("", max_length=100, description="Account id, name, address, or a lease's id.")
    state: AccountState | Literal[""] = ""
    source: AccountSource | Literal[""] = ""
    reason: Text = Field("", max_length=100, description="Contains this.")
    overdue: bool = Field(False, description="Only those that are late.")


@router.get("accounts", response=answers(Accounts), auth=by(Scope.READ, staff_only=True), url_name="api_accounts")
def index(request: PersonRequest, response: HttpResponse, query: Query[AccountQuery]) -> Any:
    """List accounts, the newest first; `next` is the cursor of the following page."""
    now = timezone.now()
    form = checked(AccountFilterForm(query.dict()))
    assert isinstance(form, AccountFilterForm)
    found, following = a_page(request, response, query, account_list.matching(now, form.wanted()))
    page = Account.objects.filter(pk__in=[account.pk for account in found]).order_by("-created_at", "-pk")
    return {"accounts": [row.document() for row in account_list.rows(now, page)], "next": following}


@router.get(
    "accounts/{account}",
    response=answers(WholeAccount),
    auth=by(Scope.READ, staff_only=True),
    url_name="api_account",
    by_alias=True,
)
def show(request: PersonRequest, account: Slug) -> Any:
    """Return one account with its moves, certificates and leases, and what may be done to it."""
    return _document(_find(account))


@router.post(
    "accounts/{account}/actions/{action}",
    response=answers(AccountDone),
    auth=by(Scope.LEASES, staff_only=True),
    url_name="api_account_act",
)
def act(request: PersonRequest, account: Slug, action: Slug, body: ActBody) -> Any:
    """Do one of the account's actions, with the reason and what the action asks."""
    found = _find(account)
    chosen = ACCOUNT.get(action)
    if chosen is None:
        raise ApiProblem(404, "NoSuchAction", f"There is no action {action!r} for accounts.")
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
    return {"done": done, "account": account_list.row_of(now, found).document()}


def _document(found: Account) -> dict[str, Any]:
    row = account_list.row_of(timezone.now(), found)
    actions = [] if row.lease else interventions.offered(ACCOUNT, found)
    return {
        **row.document(),
        "actions": [each.name for each in actions],
        "inventory": found.inventory,
        "moves": [event.document() for event in history.timeline_of_account(found)],
        "certificates": list(found.certificates.all()[:10]),
        "leases": [str(pk) for pk in found.leases.order_by("-created_at").values_list("pk", flat=True)[:20]],
    }


def _find(reference: str) -> Account:
    found = account_by_reference(reference)
    if found is None:
        raise ApiProblem(404, "NotFound", f"There is no account {reference!r} in the pool.")
    return found
