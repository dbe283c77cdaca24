"""The people of an event, for its organizers: the table, and the acts that rearrange them."""

from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from quests.domain import moving, roles
from quests.domain.live import clock_topic, event_topic
from quests.domain.queries import people, people_effects
from quests.enums import Role
from quests.forms import people as forms
from quests.models import Event
from quests.views.acts import Act, perform
from quests.views.frame import frame
from quests.views.lookup import SignedInRequest, organizers_only

ACTS: dict[str, Act] = {
    "move": Act(
        title=gettext_lazy("Move a person"),
        button=gettext_lazy("Move the person"),
        done=gettext_lazy("The person is moved."),
        form=forms.MoveForm,
        effect=lambda _now, _event, said: people_effects.of_move(participation=said["participation"], to=said["to"]),
        do=lambda act: moving.move_person(now=act.now, actor=act.actor, **act.said),
    ),
    "merge": Act(
        title=gettext_lazy("Merge two teams"),
        button=gettext_lazy("Merge the teams"),
        done=gettext_lazy("The teams are merged."),
        form=forms.MergeForm,
        effect=lambda _now, _event, said: people_effects.of_merge(old=said["old"], into=said["into"]),
        do=lambda act: moving.merge_teams(now=act.now, actor=act.actor, **act.said),
    ),
    "free-place": Act(
        title=gettext_lazy("Free the place of a team that has not come"),
        button=gettext_lazy("Close the team and free its place"),
        done=gettext_lazy("The team is closed and its place is free."),
        form=forms.FreeForm,
        effect=lambda _now, _event, said: people_effects.of_freeing(enrollment=said["enrollment"]),
        do=lambda act: moving.free_place(now=act.now, actor=act.actor, **act.said),
    ),
    "add-role": Act(
        title=gettext_lazy("Make somebody a coach or an organizer"),
        button=gettext_lazy("Give the role"),
        done=gettext_lazy("The role is given."),
        form=forms.AddRoleForm,
        effect=lambda _now, event, said: people_effects.of_role(
            user=said["user"], role=Role(said["role"]), event=event, removed=False
        ),
        do=lambda act: roles.add_role(
            now=act.now, event=act.event, user=act.said["user"], role=Role(act.said["role"]), actor=act.actor
        ),
    ),
    "remove-role": Act(
        title=gettext_lazy("Take a role from somebody"),
        button=gettext_lazy("Take the role"),
        done=gettext_lazy("The role is taken."),
        form=forms.RemoveRoleForm,
        effect=lambda _now, event, said: people_effects.of_role(
            user=said["own"].user, role=Role(said["own"].role), event=event, removed=True
        ),
        do=lambda act: roles.remove_role(
            now=act.now, event=act.event, user=act.said["own"].user, role=Role(act.said["own"].role), actor=act.actor
        ),
    ),
}


@organizers_only
@require_safe
def show(request: SignedInRequest, event: Event) -> HttpResponse:
    """Show everybody in the event; `?q=` and `?team=` choose some, `?part=people` answers with the table alone."""
    teams = list(event.enrollments.filter(closed_at=None).order_by("name"))
    form = forms.FindForm(request.GET, teams=teams)
    wanted = form.cleaned_data if form.is_valid() else {"q": "", "team": ""}
    topics = {"event": event_topic(event.id), "clock": clock_topic(event.id)}
    found = people.people_of(event, wanted=wanted["q"], team=wanted["team"])
    context = frame(request, event, topics=topics) | {
        "form": form,
        "people": found,
        "teams": teams,
        "narrowed": bool(wanted["q"] or wanted["team"]),
        "part_url": f"{request.path}?{urlencode({**wanted, 'part': 'people'})}",
    }
    part = request.GET.get("part") == "people"
    return render(request, "quests/organizer/_people.html" if part else "quests/organizer/people.html", context)


@organizers_only
@require_http_methods(["GET", "HEAD", "POST"])
def act(request: SignedInRequest, event: Event, act: str) -> HttpResponse:
    """Ask what is needed, show the effect of what was said, and do it once it is confirmed."""
    return perform(request, event, ACTS.get(act), back="people")
