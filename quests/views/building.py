"""The team builder: a proposal with its figures, adjusted by hand, founded once it is confirmed."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from quests.domain import building
from quests.domain.live import clock_topic
from quests.domain.refusals import Refusal
from quests.forms.building import HowManyForm, ProposalForm
from quests.models import Event
from quests.views.frame import frame
from quests.views.lookup import SignedInRequest, organizers_only


@organizers_only
@require_http_methods(["GET", "HEAD", "POST"])
def show(request: SignedInRequest, event: Event) -> HttpResponse:
    """Show a proposal for everybody without a team; POST reckons an adjusted one again, or founds its teams."""
    people = building.candidates(event)
    most = min(len(people), building.free_places(event))
    fewest = building.fewest_teams(event, people)
    given = {"teams": request.GET.get("teams", min(fewest, most)), "seed": request.GET.get("seed", 1)}
    asked = HowManyForm(given, most=most)
    context = frame(request, event, topics={"clock": clock_topic(event.id)})
    context |= {"people": people, "asked": asked, "most": most, "fewest": fewest}
    status = 200
    if people and most and asked.is_valid():
        said = asked.cleaned_data
        form = _form(request, event, people, said["teams"])
        split = building.propose_teams(people, teams=said["teams"], seed=said["seed"])
        if request.method == "POST":
            names = {row.key for row in people}
            gone = [key for key in request.POST if key.startswith("person_") and key[7:] not in map(str, names)]
            chosen = form.is_valid()
            split = form.split(form.cleaned_data)
            if chosen and "found" in request.POST and (founded := _found(request, event, form, split, gone)):
                messages.success(request, founded)
                return redirect("people", event.slug)
            status = 422 if form.errors else 200
        else:
            form = _form(request, event, people, said["teams"], split=split)
        context |= _shown(form, split, people)
    return render(request, "quests/organizer/builder.html", context, status=status)


def _form(
    request: SignedInRequest,
    event: Event,
    people: list[building.Candidate],
    teams: int,
    *,
    split: building.Teams | None = None,
) -> ProposalForm:
    names = building.free_names(event, teams)
    chosen = {f"person_{person.key}": number for number, team in enumerate(split or []) for person in team}
    data = request.POST if request.method == "POST" else None
    return ProposalForm(data, initial=chosen, names=names, people=people, size=event.team_size_max)


def _found(request: SignedInRequest, event: Event, form: ProposalForm, split: building.Teams, gone: list[str]) -> str:
    """Found the teams and return what to say; a refusal is put into the form, and nothing was founded."""
    # Whoever is in the form and without a team no more is named by the domain, not left out in silence.
    late = [int(name[7:]) for name in gone if name[7:].isdecimal() and request.POST[name]]
    teams = [
        (form.cleaned_data[f"name_{number}"], [person.key for person in team]) for number, team in enumerate(split)
    ]
    if late:
        teams.append(("-", late))
    try:
        founded = building.build_teams(now=timezone.now(), event=event, teams=teams, actor=request.user)
    except Refusal as refusal:
        form.add_error(None, str(refusal))
        return ""
    return ngettext("%(count)d team is founded.", "%(count)d teams are founded.", len(founded)) % {
        "count": len(founded)
    }


def _shown(form: ProposalForm, split: building.Teams, people: list[building.Candidate]) -> dict[str, Any]:
    teams = [
        {
            "number": number + 1,
            "name": form[f"name_{number}"],
            "people": [(person, form[f"person_{person.key}"]) for person in team],
            "figures": building.figures([team]),
            "disciplines": building.disciplines_of(team),
        }
        for number, team in enumerate(split)
    ]
    placed = {person.key for team in split for person in team}
    return {
        "form": form,
        "teams": teams,
        "left": [(person, form[f"person_{person.key}"]) for person in people if person.key not in placed],
        "compared": [
            (_("as they came"), building.figures(building.split_as_they_came(people, len(split)))),
            (_("this proposal"), building.figures(split)),
        ],
    }
