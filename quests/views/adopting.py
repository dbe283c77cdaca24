"""An organizer looks what another release of the pack would change, and adopts it."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from quests.domain.adopting import adopt_release
from quests.domain.live import event_topic
from quests.domain.queries.release_changes import adoption
from quests.domain.refusals import Refusal
from quests.forms.adopting import AdoptForm, ReleaseForm
from quests.models import Event, PackRelease
from quests.views.frame import frame
from quests.views.lookup import SignedInRequest, organizers_only


@organizers_only
@require_safe
def show(request: SignedInRequest, event: Event) -> HttpResponse:
    """Show what the release of `?release=ID` would change; without one, only the choice."""
    form = ReleaseForm(request.GET if "release" in request.GET else None, event=event)
    release = form.cleaned_data["release"] if form.is_bound and form.is_valid() else None
    adopt_form = AdoptForm(initial={"release": release.pk}, event=event) if release else None
    return _page(request, event, form=form, release=release, adopt_form=adopt_form)


@organizers_only
@require_POST
def adopt(request: SignedInRequest, event: Event) -> HttpResponse:
    """Let the event play the release from now on."""
    form = AdoptForm(request.POST, event=event)
    if not form.is_valid():
        release = form.cleaned_data.get("release")
        chosen = ReleaseForm({"release": release.pk} if release else None, event=event)
        return _page(request, event, form=chosen, release=release, adopt_form=form if release else None, status=422)
    release = form.cleaned_data["release"]
    try:
        found = adopt_release(
            now=timezone.now(),
            event=event,
            release=release,
            reason=form.cleaned_data["reason"],
            actor=request.user.id,
        )
    except Refusal as refusal:
        messages.error(request, str(refusal))
        return redirect("release_changes", event.slug)
    said = _("The event plays %(release)s now: %(count)s differences. What is open is checked afresh.")
    messages.success(request, said % {"release": release, "count": len(found.changes)})
    return redirect("control", event.slug)


def _page(
    request: SignedInRequest,
    event: Event,
    *,
    form: ReleaseForm,
    release: PackRelease | None,
    adopt_form: AdoptForm | None,
    status: int = 200,
) -> HttpResponse:
    context = frame(request, event, topics={"event": event_topic(event.id)}) | {
        "form": form,
        "release": release,
        "adoption": adoption(event=event, release=release) if release else None,
        "adopt_form": adopt_form,
    }
    return render(request, "quests/organizer/adopt.html", context, status=status)
