"""An organizer's acts on the clock and the score: said, shown with their effect, then done. Works without scripts."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from accounts.models import User
from quests.domain import brackets, corrections, freezing, holds, pauses, rescheduling
from quests.domain.letters import moment_in_words
from quests.domain.live import clock_topic
from quests.domain.queries import effects
from quests.domain.queries.effects import Effect
from quests.domain.refusals import Refusal
from quests.enums import VoidMode
from quests.forms import acts as forms
from quests.models import Event
from quests.views.frame import frame
from quests.views.lookup import SignedInRequest, organizers_only

Said = dict[str, Any]


@dataclass(frozen=True)
class Request:
    """Who acts, when, on which event, as of which version of its clock, and what was said in the form."""

    now: datetime
    event: Event
    actor: User
    version: int
    said: Said


@dataclass(frozen=True)
class Act:
    """One act: its form, what it would do, and the doing."""

    title: str | Promise
    button: str | Promise
    done: str | Promise
    form: type[forms.ActForm]
    effect: Callable[[datetime, Event, Said], Effect]
    do: Callable[[Request], object]


def _as_of(now: datetime, said: Said) -> datetime | None:
    return now - timedelta(minutes=said["minutes_ago"]) if said["minutes_ago"] else None


def _frozen_at(event: Event, said: Said) -> datetime | None:
    minutes = said["minutes_before_end"]
    return event.ends_at - timedelta(minutes=minutes) if minutes else None


def _pause(request: Request) -> object:
    said = request.said
    plan = pauses.PausePlan(reason=said["reason"], freezes=said["access"] == "freeze", as_of=_as_of(request.now, said))
    return pauses.pause_event(
        now=request.now, event=request.event, version=request.version, plan=plan, actor=request.actor
    )


ACTS: dict[str, Act] = {
    "pause": Act(
        title=gettext_lazy("Pause the event"),
        button=gettext_lazy("Pause for all teams"),
        done=gettext_lazy("The event is paused."),
        form=forms.PauseForm,
        effect=lambda now, event, said: effects.of_pause(
            now=now, event=event, freezes=said["access"] == "freeze", as_of=_as_of(now, said)
        ),
        do=_pause,
    ),
    "continue": Act(
        title=gettext_lazy("Resume the event"),
        button=gettext_lazy("Resume for all teams"),
        done=gettext_lazy("The event goes on."),
        form=forms.NothingForm,
        effect=lambda now, event, _said: effects.of_resume(now=now, event=event),
        do=lambda act: pauses.resume_event(now=act.now, event=act.event, version=act.version, actor=act.actor),
    ),
    "extend": Act(
        title=gettext_lazy("Extend the event"),
        button=gettext_lazy("Extend for all teams"),
        done=gettext_lazy("The event lasts longer."),
        form=forms.ExtendForm,
        effect=lambda _now, event, said: effects.of_extension(event=event, minutes=said["minutes"]),
        do=lambda act: pauses.extend_event(
            now=act.now, event=act.event, version=act.version, actor=act.actor, **act.said
        ),
    ),
    "reschedule": Act(
        title=gettext_lazy("Reschedule the event"),
        button=gettext_lazy("Move the event and tell everybody"),
        done=gettext_lazy("The event has its new time; everybody with an address is written to."),
        form=forms.RescheduleForm,
        effect=lambda now, event, said: effects.of_rescheduling(now=now, event=event, starts_at=said["starts_at"]),
        do=lambda act: rescheduling.reschedule_event(
            now=act.now, event=act.event, version=act.version, actor=act.actor, **act.said
        ),
    ),
    "adjust": Act(
        title=gettext_lazy("Adjust a team's points"),
        button=gettext_lazy("Adjust the points"),
        done=gettext_lazy("The points are adjusted; the team sees the reason."),
        form=forms.AdjustForm,
        effect=lambda _now, _event, said: effects.of_adjustment(enrollment=said["enrollment"], points=said["points"]),
        do=lambda act: corrections.adjust_score(now=act.now, actor=act.actor, **act.said),
    ),
    "reverse": Act(
        title=gettext_lazy("Reverse an entry of the ledger"),
        button=gettext_lazy("Reverse the entry"),
        done=gettext_lazy("The entry is reversed; the team sees the reason."),
        form=forms.ReverseForm,
        effect=lambda _now, _event, said: effects.of_reversal(entry=said["entry"]),
        do=lambda act: corrections.reverse_entry(now=act.now, event=act.event, actor=act.actor, **act.said),
    ),
    "void": Act(
        title=gettext_lazy("Void a task"),
        button=gettext_lazy("Void the task for all teams"),
        done=gettext_lazy("The task is void; every team sees the reason."),
        form=forms.VoidForm,
        effect=lambda _now, event, said: effects.of_void(event=event, task=said["task"], mode=VoidMode(said["mode"])),
        do=lambda act: corrections.void_task(
            now=act.now, event=act.event, actor=act.actor, **act.said | {"mode": VoidMode(act.said["mode"])}
        ),
    ),
    "count-again": Act(
        title=gettext_lazy("Let a void task count again"),
        button=gettext_lazy("Let it count again"),
        done=gettext_lazy("The task counts again."),
        form=forms.CountAgainForm,
        effect=lambda _now, _event, said: effects.of_counting_again(void=said["void"]),
        do=lambda act: corrections.lift_void(
            now=act.now, event=act.event, task=act.said["void"].task, reason=act.said["reason"], actor=act.actor
        ),
    ),
    "resume-scoring": Act(
        title=gettext_lazy("Let a held task count again"),
        button=gettext_lazy("Let it count for all teams"),
        done=gettext_lazy("The task counts again from its next checks on."),
        form=forms.ResumeScoringForm,
        effect=lambda _now, _event, said: effects.of_resuming_scoring(hold=said["hold"]),
        do=lambda act: holds.resume_scoring(now=act.now, event=act.event, actor=act.actor, **act.said),
    ),
    "freeze-board": Act(
        title=gettext_lazy("Freeze the board"),
        button=gettext_lazy("Freeze the board"),
        done=gettext_lazy("The freeze of the board is set."),
        form=forms.FreezeBoardForm,
        effect=lambda _now, event, said: effects.of_freezing(event=event, at=_frozen_at(event, said)),
        do=lambda act: freezing.plan_freeze(
            now=act.now, event=act.event, at=_frozen_at(act.event, act.said) or act.now, actor=act.actor
        ),
    ),
    "show-board": Act(
        title=gettext_lazy("Show the board as it is"),
        button=gettext_lazy("Show everybody the standings"),
        done=gettext_lazy("Everybody sees the standings as they are."),
        form=forms.NothingForm,
        effect=lambda _now, _event, _said: Effect(
            [_("Teams and coaches see the standings as they are now; a freeze that was planned is forgotten.")]
        ),
        do=lambda act: freezing.unfreeze_board(now=act.now, event=act.event, actor=act.actor),
    ),
    "brackets": Act(
        title=gettext_lazy("Set the event's brackets"),
        button=gettext_lazy("Set the brackets"),
        done=gettext_lazy("The brackets are set."),
        form=forms.BracketsForm,
        effect=lambda _now, _event, said: Effect(
            [_("The board can be looked at by bracket: %(names)s.") % {"names": ", ".join(said["names"]) or "–"}]
        ),
        do=lambda act: brackets.set_brackets(now=act.now, event=act.event, actor=act.actor, **act.said),
    ),
    "bracket": Act(
        title=gettext_lazy("Put a team into a bracket"),
        button=gettext_lazy("Put the team there"),
        done=gettext_lazy("The team's bracket is set."),
        form=forms.BracketForm,
        effect=lambda _now, _event, said: Effect(
            [
                _("%(team)s is ranked in the bracket: %(bracket)s. Points do not change.")
                % {"team": said["enrollment"].name, "bracket": said["bracket"] or "–"}
            ]
        ),
        do=lambda act: brackets.put_in_bracket(now=act.now, actor=act.actor, **act.said),
    ),
}


@organizers_only
@require_http_methods(["GET", "HEAD", "POST"])
def act(request: SignedInRequest, event: Event, act: str) -> HttpResponse:
    """Ask what is needed, show the effect of what was said, and do it once it is confirmed."""
    return perform(request, event, ACTS.get(act), back="control")


def perform(request: SignedInRequest, event: Event, chosen: Act | None, *, back: str) -> HttpResponse:
    """Lead through one act, and afterwards to the page `back`."""
    if chosen is None:
        raise Http404
    now = timezone.now()
    if request.method != "POST":
        asks = bool(chosen.form.base_fields) and "show" not in request.GET
        form = chosen.form(None if asks else request.GET, event=event, initial=_initial(event, request))
        return _page(request, chosen, form, now, back)
    form = chosen.form(request.POST, event=event)
    version = request.POST.get("version", "")
    if not form.is_valid() or not version.isdecimal():
        return _page(request, chosen, form, now, back, status=422)
    try:
        chosen.do(Request(now, event, request.user, int(version), form.cleaned_data))
    except Refusal as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, str(chosen.done))
    return redirect(back, event.slug)


def _initial(event: Event, request: SignedInRequest) -> dict[str, Any]:
    given = {name: value for name, value in request.GET.items() if name != "show"}
    return {"names": ", ".join(event.brackets), **given}


def _page(
    request: SignedInRequest, chosen: Act, form: forms.ActForm, now: datetime, back: str, *, status: int = 200
) -> HttpResponse:
    event = form.event
    context = frame(request, event, topics={"clock": clock_topic(event.id)})
    context |= {"act": chosen, "form": form, "back": back}
    if form.is_bound and form.is_valid():
        context |= {
            "effect": chosen.effect(now, event, form.cleaned_data),
            "said": [(name, form.said(name)) for name in form.fields],
            "answers": [(field.label, _in_words(field, form)) for field in form.visible_fields()],
        }
    elif form.is_bound:
        status = 422
    return render(request, "quests/organizer/act.html", context, status=status)


def _in_words(field: Any, form: forms.ActForm) -> str:
    value = form.cleaned_data.get(field.name)
    choices = getattr(field.field, "choices", None)
    if hasattr(field.field, "label_from_instance") and value is not None:
        return str(field.field.label_from_instance(value))
    if choices and isinstance(value, str):
        return str(dict(choices).get(value, value))
    if isinstance(value, datetime):
        return moment_in_words(value, form.event.time_zone)
    if isinstance(value, list):
        return ", ".join(value) or "–"
    return "–" if value in (None, "") else str(value)
