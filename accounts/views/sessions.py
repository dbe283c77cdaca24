"""Where a person is signed in."""

from django.contrib import messages
from django.contrib.auth import logout
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.domain import sessions
from accounts.domain.devices import device_of
from accounts.views.signed_in import SignedInRequest, signed_in


@signed_in
@require_safe
def show(request: SignedInRequest) -> HttpResponse:
    """List the browsers in which the person is signed in."""
    rows = [
        {
            "id": session.pk,
            "device": device_of(session.user_agent),
            "since": session.created_at,
            "seen": session.last_seen_at,
            "current": session.session_key == request.session.session_key,
        }
        for session in sessions.live_sessions(user=request.user)
    ]
    return render(request, "accounts/sessions.html", {"sessions": rows})


@signed_in
@require_POST
def end(request: SignedInRequest, session: int) -> HttpResponse:
    """Sign out in one browser."""
    if not sessions.end_session(now=timezone.now(), user=request.user, key=session):
        raise Http404
    messages.success(request, _("That browser is signed out."))
    return redirect("usersessions_list")


@signed_in
@require_POST
def end_others(request: SignedInRequest) -> HttpResponse:
    """Sign out everywhere but here."""
    sessions.end_sessions(now=timezone.now(), user=request.user, actor=request.user, but=request.session.session_key)
    messages.success(request, _("Every other browser is signed out."))
    return redirect("usersessions_list")


@signed_in
@require_POST
def end_all(request: SignedInRequest) -> HttpResponse:
    """Sign out everywhere, here as well."""
    sessions.end_sessions(now=timezone.now(), user=request.user, actor=request.user)
    logout(request)
    messages.success(request, _("You are signed out everywhere."))
    return redirect("account_login")
