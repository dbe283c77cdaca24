"""Keys to the team's sandbox."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from provisioning.domain import access, shells
from quests.domain.live import place_topic
from quests.domain.queries.sandbox import sandbox_of
from quests.models import Enrollment
from quests.views.frame import frame
from quests.views.lookup import SignedInRequest, team_only


@team_only
@never_cache
@require_safe
def show(request: SignedInRequest, enrollment: Enrollment) -> HttpResponse:
    """Show how to work in the sandbox; keys appear only after the button is pressed."""
    return _page(request, enrollment)


@team_only
@never_cache
@require_POST
def create_token(request: SignedInRequest, enrollment: Enrollment) -> HttpResponse:
    """Show a shell block with a new personal token, or one-off exports; the keys are shown once and not stored."""
    lease = enrollment.place.lease if enrollment.place else None
    if lease is None:
        messages.warning(request, _("The sandbox is not ready yet. Nothing was changed."))
        return redirect("access", enrollment.event.slug)
    now = timezone.now()
    try:
        if request.POST.get("kind") == "exports":
            credentials = access.credentials_for_person(now=now, lease=lease, person=request.user.id)
            shown: dict[str, object] = {
                "exports_block": shells.exports_block(lease=lease, credentials=credentials),
                "exports_expire_at": credentials.expires_at,
            }
        else:
            access.revoke_tokens(now=now, lease=lease, person=request.user.id)
            token = access.issue_token(now=now, lease=lease, person=request.user.id)
            shown = {"shell_block": shells.shell_block(lease=lease, token=token)}
    except access.NoAccess as refusal:
        messages.warning(request, str(refusal))
        return redirect("access", enrollment.event.slug)
    return _page(request, enrollment, **shown)


def _page(request: SignedInRequest, enrollment: Enrollment, **extra: object) -> HttpResponse:
    topics = {"sandbox": place_topic(enrollment.place_id)} if enrollment.place_id else {}
    context = frame(request, enrollment.event, topics=topics) | {
        "sandbox": sandbox_of(now=timezone.now(), enrollment=enrollment),
        **extra,
    }
    return render(request, "quests/access.html", context)
