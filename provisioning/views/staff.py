"""The installation's pages are for its staff; to everybody else they do not exist."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, cast

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from accounts.models import User


class StaffRequest(HttpRequest):
    """A request behind `staff_only`: its user is a member of the staff."""

    user: User


StaffView = Callable[Concatenate[StaffRequest, ...], HttpResponse]


def staff_only(view: StaffView) -> Callable[..., HttpResponse]:
    """Lead strangers to the sign-in page; 404 for everybody who is not staff."""

    @never_cache
    @login_required
    @wraps(view)
    def wrapped(request: HttpRequest, *arguments: Any, **named: Any) -> HttpResponse:
        if not request.user.is_staff:
            raise Http404
        return view(cast(StaffRequest, request), *arguments, **named)

    return wrapped


def frame(request: HttpRequest) -> dict[str, Any]:
    """Return the context of provisioning/base_staff.html: its tabs, and where the page's parts are fetched."""
    tabs = [("staff", _("Overview")), ("staff_accounts", _("Accounts")), ("staff_leases", _("Leases"))]
    here = request.resolver_match.url_name if request.resolver_match else ""
    current = {
        "staff_account": "staff_accounts",
        "staff_account_act": "staff_accounts",
        "staff_account_register": "staff_accounts",
        "staff_lease": "staff_leases",
        "staff_lease_act": "staff_leases",
    }.get(here or "", here)
    query = request.GET.copy()
    query["part"] = "live"
    return {
        "tabs": [{"label": label, "url": reverse(name), "current": name == current} for name, label in tabs],
        "live_part": f"{request.path}?{query.urlencode()}",
    }


def is_part(request: HttpRequest) -> bool:
    """Tell whether only the part that refreshes itself is asked for."""
    return request.GET.get("part") == "live"
