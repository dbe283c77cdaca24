"""Keys to the team's sandbox."""

from collections.abc import Callable
from datetime import datetime

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from provisioning.domain import access, console, shells, tokens
from provisioning.domain.dialects import POSIX, POWERSHELL
from provisioning.models import Lease
from quests.domain.live import place_topic
from quests.domain.queries.sandbox import sandbox_of
from quests.models import Enrollment
from quests.views.frame import frame
from quests.views.lookup import SignedInRequest, team_only

Shown = dict[str, object]


@team_only
@never_cache
@require_safe
def show(request: SignedInRequest, enrollment: Enrollment) -> HttpResponse:
    """Show how to work in the sandbox; keys appear only after a button is pressed."""
    return _page(request, enrollment)


@team_only
@never_cache
@require_POST
def create_token(request: SignedInRequest, enrollment: Enrollment) -> HttpResponse:
    """Show a block of the kind asked for, with a new personal token or one-off keys; shown once, not stored."""
    make = BLOCKS.get(request.POST.get("kind", ""), _refreshing)
    return _shown(request, enrollment, make)


@team_only
@never_cache
@require_POST
def open_console(request: SignedInRequest, enrollment: Enrollment) -> HttpResponse:
    """Show a new link into the AWS console.

    A page and no redirect: the person reads first which account it opens, and the site's policy lets no form lead away.
    """
    return _shown(request, enrollment, _console)


def _shown(
    request: SignedInRequest, enrollment: Enrollment, make: Callable[[datetime, Lease, User], Shown]
) -> HttpResponse:
    lease = enrollment.place.lease if enrollment.place else None
    if lease is None:
        messages.warning(request, _("The sandbox is not ready yet. Nothing was changed."))
        return redirect("access", enrollment.event.slug)
    try:
        shown = make(timezone.now(), lease, request.user)
    except access.NoAccess as refusal:
        messages.warning(request, str(refusal))
        return redirect("access", enrollment.event.slug)
    return _page(request, enrollment, **shown)


def _new_token(now: datetime, lease: Lease, user: User) -> str:
    tokens.revoke_tokens(now=now, lease=lease, person=user.id)
    return tokens.issue_token(now=now, lease=lease, person=user.id)


def _refreshing(now: datetime, lease: Lease, user: User) -> Shown:
    return {"shell_block": shells.shell_block(lease=lease, token=_new_token(now, lease, user), dialect=POSIX)}


def _refreshing_powershell(now: datetime, lease: Lease, user: User) -> Shown:
    return {"shell_block": shells.shell_block(lease=lease, token=_new_token(now, lease, user), dialect=POWERSHELL)}


def _process(now: datetime, lease: Lease, user: User) -> Shown:
    return {"process_block": shells.process_block(lease=lease, token=_new_token(now, lease, user))}


def _exports(now: datetime, lease: Lease, user: User, dialect: str = POSIX) -> Shown:
    credentials = access.credentials_for_person(now=now, lease=lease, person=user.id)
    return {
        "exports_block": shells.exports_block(lease=lease, credentials=credentials, dialect=dialect),
        "exports_expire_at": credentials.expires_at,
    }


def _exports_powershell(now: datetime, lease: Lease, user: User) -> Shown:
    return _exports(now, lease, user, POWERSHELL)


def _console(now: datetime, lease: Lease, user: User) -> Shown:
    link = console.console_link(now=now, lease=lease, person=user.id)
    return {"console_link": link, "sign_out_url": console.SIGN_OUT_URL}


BLOCKS: dict[str, Callable[[datetime, Lease, User], Shown]] = {
    "refreshing": _refreshing,
    "refreshing-powershell": _refreshing_powershell,
    "process": _process,
    "exports": _exports,
    "exports-powershell": _exports_powershell,
}


def _page(request: SignedInRequest, enrollment: Enrollment, **shown: object) -> HttpResponse:
    now = timezone.now()
    topics = {"sandbox": place_topic(enrollment.place_id)} if enrollment.place_id else {}
    context = frame(request, enrollment.event, topics=topics) | {
        "sandbox": sandbox_of(now=now, enrollment=enrollment),
        "refusal": _refusal(now, enrollment, request.user),
        **shown,
    }
    return render(request, "quests/access.html", context)


def _refusal(now: datetime, enrollment: Enrollment, user: User) -> access.NoAccess | None:
    lease = enrollment.place.lease if enrollment.place else None
    if lease is None:
        return access.AccessNotYet("Your team has no sandbox yet. It comes with the warm-up before the start.")
    try:
        access.require_open(now=now, lease=lease, person=user.id)
    except access.NoAccess as refusal:
        return refusal
    return None
