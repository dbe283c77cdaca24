"""Importing a roster in two steps, and exporting who takes part."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from quests.domain import roster_files, rosters
from quests.domain.live import clock_topic
from quests.domain.queries.people import people_of
from quests.domain.refusals import Refusal
from quests.forms.rosters import RosterForm
from quests.models import Event
from quests.views.frame import frame
from quests.views.lookup import SignedInRequest, organizers_only


@organizers_only
@require_http_methods(["GET", "HEAD", "POST"])
def show(request: SignedInRequest, event: Event) -> HttpResponse:
    """Ask for a roster, show what each of its rows would do, and import exactly that once it is confirmed."""
    preview: rosters.Preview | None = None
    form = RosterForm(request.POST, request.FILES) if request.method == "POST" else RosterForm()
    if form.is_bound and form.is_valid():
        said = form.cleaned_data
        try:
            if said["token"]:
                done = rosters.import_roster(
                    now=timezone.now(), event=event, text=said["text"], token=said["token"], actor=request.user
                )
                messages.success(request, _imported(done.changes))
                return redirect("people", event.slug)
            preview = rosters.preview_roster(event=event, text=said["text"])
        except Refusal as refusal:
            form.add_error(None, str(refusal))
            if said["token"]:
                preview = rosters.preview_roster(event=event, text=said["text"])
    context = frame(request, event, topics={"clock": clock_topic(event.id)}) | {
        "form": form,
        "preview": preview,
        "text": form.cleaned_data.get("text", "") if form.is_bound else "",
        "header": ",".join(roster_files.HEADER),
    }
    return render(request, "quests/organizer/roster.html", context, status=422 if form.errors else 200)


@organizers_only
@require_safe
def export(request: SignedInRequest, event: Event) -> HttpResponse:
    """Answer with everybody who takes part, as a roster that can be imported again."""
    text = roster_files.write_roster(roster_files.roster_rows(people_of(event)))
    answer = HttpResponse(f"\ufeff{text}", content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{event.slug}-people.csv"'
    answer["Cache-Control"] = "no-store"
    return answer


def _imported(count: int) -> str:
    return ngettext(
        "%(count)d person is imported; new ones get an invitation by e-mail.",
        "%(count)d people are imported; new ones get an invitation by e-mail.",
        count,
    ) % {"count": count}
