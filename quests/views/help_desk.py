"""The help desk: one-time sign-in codes, team cards, and whether guests may come in."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from quests.domain import guests, help_desk
from quests.domain.refusals import Refusal
from quests.forms.help_desk import SignInCodeForm
from quests.models import Event
from quests.permissions import may_organize
from quests.views.frame import frame
from quests.views.lookup import SignedInRequest, coaches_only, organizers_only
from quests.views.sharing import join_link, qr_of


@coaches_only
@require_safe
def show(request: SignedInRequest, event: Event) -> HttpResponse:
    """Show the help desk."""
    return _page(request, event, SignInCodeForm(event=event))


@coaches_only
@never_cache
@require_POST
def issue_code(request: SignedInRequest, event: Event) -> HttpResponse:
    """Issue a one-time sign-in code; the answer shows it, and nothing else ever does."""
    form = SignInCodeForm(request.POST, event=event)
    if form.is_valid():
        try:
            user, code = help_desk.issue_sign_in_code(
                now=timezone.now(), event=event, person=form.cleaned_data["person"].user_id, actor=request.user
            )
            return _page(request, event, SignInCodeForm(event=event), issued={"name": user.name, "code": code})
        except Refusal as refusal:
            form.add_error("person", str(refusal))
    return _page(request, event, form)


@coaches_only
@never_cache
@require_POST
def cards(request: SignedInRequest, event: Event) -> HttpResponse:
    """Show the team cards to print, with new return codes for the guests."""
    link = join_link(event)
    made = help_desk.make_team_cards(now=timezone.now(), event=event, actor=request.user)
    context = {"event": event, "cards": made, "link": link, "qr": qr_of(link)}
    return render(request, "quests/organizer/team_cards.html", context)


@organizers_only
@require_POST
def allow_guests(request: SignedInRequest, event: Event) -> HttpResponse:
    """Let guests in, or no further ones."""
    allowed = "allow" in request.POST
    guests.allow_guests(now=timezone.now(), event=event, allowed=allowed, actor=request.user)
    said = _("Guests may join with the event's code.") if allowed else _("No further guests come in; those here stay.")
    messages.success(request, said)
    return redirect("help_desk", event.slug)


def _page(
    request: SignedInRequest, event: Event, form: SignInCodeForm, issued: dict[str, str] | None = None
) -> HttpResponse:
    context = frame(request, event, topics={}) | {
        "form": form,
        "issued": issued,
        "may_organize": may_organize(request.user, event),
    }
    return render(request, "quests/organizer/help_desk.html", context, status=422 if form.errors else 200)
