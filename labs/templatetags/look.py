"""How states, amounts and times look on every page: a sign and a word beside each colour."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django import template
from django.templatetags.static import static
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from provisioning.domain.budgets import in_dollars

register = template.Library()
register.filter("dollars", in_dollars)


@dataclass(frozen=True)
class Look:
    """How one state is shown: tone (a colour role), icon (a symbol of icons.svg) and word."""

    tone: str
    icon: str
    word: str | Promise


LOOKS: dict[str, Look] = {
    # quests and tasks
    "locked": Look("soft", "lock", gettext_lazy("locked")),
    "open": Look("cold", "empty", gettext_lazy("open")),
    "unchecked": Look("cold", "empty", gettext_lazy("not checked yet")),
    "started": Look("wait", "half", gettext_lazy("started")),
    "done": Look("ok", "ok", gettext_lazy("done")),
    "pass": Look("ok", "ok", gettext_lazy("passed")),
    "holding": Look("wait", "half", gettext_lazy("holds, not yet long enough")),
    "fail": Look("bad", "bad", gettext_lazy("not yet")),
    "error": Look("wait", "alert", gettext_lazy("could not be checked")),
    "suspended": Look("cold", "pause", gettext_lazy("check suspended")),
    "accepted": Look("ok", "hand", gettext_lazy("accepted by an organizer")),
    "void": Look("soft", "dash", gettext_lazy("void")),
    # sandboxes
    "requested": Look("cold", "empty", gettext_lazy("requested")),
    "reserved": Look("cold", "quarter", gettext_lazy("account reserved")),
    "provisioning": Look("wait", "half", gettext_lazy("being prepared")),
    "ready": Look("ok", "full", gettext_lazy("ready")),
    "active": Look("ok", "full", gettext_lazy("ready")),
    "frozen": Look("cold", "pause", gettext_lazy("frozen")),
    "ending": Look("wait", "half", gettext_lazy("being cleaned")),
    "ended": Look("soft", "dash", gettext_lazy("ended")),
    "failed": Look("bad", "bad", gettext_lazy("failed")),
    # accounts of the pool
    "registered": Look("wait", "hand", gettext_lazy("registered, not confirmed")),
    "creating": Look("cold", "empty", gettext_lazy("being created")),
    "bootstrapping": Look("cold", "quarter", gettext_lazy("being set up")),
    "cleaning": Look("wait", "half", gettext_lazy("being cleaned")),
    "verifying": Look("wait", "half", gettext_lazy("being verified")),
    "cooling": Look("cold", "pause", gettext_lazy("cooling")),
    "available": Look("ok", "ok", gettext_lazy("available")),
    "leased": Look("ok", "full", gettext_lazy("leased")),
    "quarantined": Look("bad", "lock", gettext_lazy("quarantined")),
    "retired": Look("soft", "dash", gettext_lazy("retired")),
    # how a row is
    "needs_person": Look("bad", "hand", gettext_lazy("needs a person")),
    "overdue": Look("bad", "clock", gettext_lazy("overdue")),
    "retrying": Look("wait", "alert", gettext_lazy("trying again")),
    "working": Look("cold", "half", gettext_lazy("working")),
    "well": Look("ok", "ok", gettext_lazy("well")),
    "over": Look("soft", "dash", gettext_lazy("over")),
    # events
    "draft": Look("soft", "empty", gettext_lazy("draft")),
    "scheduled": Look("cold", "clock", gettext_lazy("scheduled")),
    "warming": Look("wait", "half", gettext_lazy("warming up")),
    "running": Look("ok", "flag", gettext_lazy("running")),
    "paused": Look("cold", "pause", gettext_lazy("paused")),
    "closed": Look("soft", "dash", gettext_lazy("closed")),
    "torn_down": Look("soft", "dash", gettext_lazy("torn down")),
    "late": Look("bad", "clock", gettext_lazy("over the expected time")),
    # questions to coaches
    "waiting": Look("wait", "hand", gettext_lazy("waits for a coach")),
    "taken": Look("cold", "person", gettext_lazy("a coach has it")),
    "answered": Look("ok", "ok", gettext_lazy("answered")),
    # rows of a roster
    "new": Look("ok", "ok", gettext_lazy("new: invited")),
    "known": Look("ok", "person", gettext_lazy("known: added")),
    "in": Look("soft", "dash", gettext_lazy("already in")),
    "moved": Look("wait", "half", gettext_lazy("changes team")),
    "refused": Look("bad", "bad", gettext_lazy("not imported")),
    # messages
    "success": Look("ok", "ok", gettext_lazy("Done")),
    "info": Look("cold", "info", gettext_lazy("Note")),
    "warning": Look("wait", "alert", gettext_lazy("Warning")),
    "refusal": Look("bad", "bad", gettext_lazy("Problem")),
}
KINDS: dict[str, str | Promise] = {
    "main": gettext_lazy("main quest"),
    "side": gettext_lazy("side quest"),
    "continuous": gettext_lazy("until the end"),
}
ACTIONS: dict[str, str | Promise] = {
    "vend": gettext_lazy("Warm-up: sandboxes are made"),
    "open": gettext_lazy("Quests open"),
    "freeze_board": gettext_lazy("The board is frozen"),
    "close": gettext_lazy("Scoring and access end"),
    "tear_down": gettext_lazy("Sandboxes are emptied"),
}
# What the journal of an event calls an act; one that is not here is shown by its own name.
ACTS: dict[str, str | Promise] = {
    "event.schedule": gettext_lazy("scheduled the event"),
    "event.pause": gettext_lazy("paused the event"),
    "event.resume": gettext_lazy("resumed the event"),
    "event.extend": gettext_lazy("extended the event"),
    "event.reschedule": gettext_lazy("moved the event to another time"),
    "event.brackets": gettext_lazy("set the brackets"),
    "team.bracket": gettext_lazy("put a team into a bracket"),
    "score.adjust": gettext_lazy("adjusted a team's points"),
    "score.reverse": gettext_lazy("reversed an entry"),
    "task.void": gettext_lazy("voided a task"),
    "task.count_again": gettext_lazy("let a void task count again"),
    "board.freeze": gettext_lazy("froze the board"),
    "board.show": gettext_lazy("showed the board as it is"),
    "event.end": gettext_lazy("ended the event"),
    "event.join": gettext_lazy("joined the event"),
    "event.build_teams": gettext_lazy("founded proposed teams"),
    "event.import": gettext_lazy("imported a roster"),
    "event.guests": gettext_lazy("let guests in, or no further ones"),
    "code.return": gettext_lazy("issued a return code"),
    "code.one_time": gettext_lazy("issued a one-time sign-in code"),
    "code.sign_in": gettext_lazy("signed in with a personal code"),
    "event.add_coach": gettext_lazy("made somebody a coach"),
    "team.create": gettext_lazy("founded a team"),
    "team.join": gettext_lazy("joined a team"),
    "team.leave": gettext_lazy("left a team"),
    "team.rename": gettext_lazy("renamed a team"),
    "team.where": gettext_lazy("said where a team is"),
    "team.captain": gettext_lazy("made somebody captain"),
    "team.move": gettext_lazy("moved a person"),
    "team.merge": gettext_lazy("merged a team into another"),
    "team.free_place": gettext_lazy("freed the place of a team that had not come"),
    "event.add_organizer": gettext_lazy("made somebody an organizer"),
    "event.remove_coach": gettext_lazy("took the coach's role from somebody"),
    "event.remove_organizer": gettext_lazy("took the organizer's role from somebody"),
    "hint.reveal": gettext_lazy("opened a hint"),
    "hint.release": gettext_lazy("released a hint for nothing"),
    "announcement.send": gettext_lazy("announced something"),
    "announcement.withdraw": gettext_lazy("withdrew an announcement"),
    "help.ask": gettext_lazy("asked about the score"),
    "help.answer": gettext_lazy("answered about the score"),
    "help.hand_over": gettext_lazy("handed a question to another coach"),
    "help.close": gettext_lazy("closed a question"),
    "attempts.give": gettext_lazy("gave a team more answers"),
    "task.accept": gettext_lazy("accepted a task by hand"),
    "check.suspend": gettext_lazy("suspended a check"),
    "scoring.hold": gettext_lazy("held the scoring of a task: many teams failed together"),
    "scoring.resume": gettext_lazy("let a held task count again"),
    "check.resume": gettext_lazy("let a check run again"),
    "workbench.call": gettext_lazy("made a call in the workbench"),
    "lease.extend": gettext_lazy("let a sandbox last longer"),
    "lease.freeze": gettext_lazy("froze a sandbox"),
    "lease.unfreeze": gettext_lazy("gave access to a sandbox back"),
    "access.token": gettext_lazy("made a shell block"),
    "access.credentials": gettext_lazy("got credentials"),
    "access.revoke": gettext_lazy("had access revoked"),
}
UNKNOWN = Look("soft", "dash", gettext_lazy("unknown"))
# Django's message levels and an open event share words with the states of tasks.
MESSAGE_LOOKS = {"error": "refusal", "debug": "info", "": "info"}
EVENT_LOOKS = {"open": "running"}


def _look(state: object) -> Look:
    name = str(state)
    return LOOKS.get(name) or Look(UNKNOWN.tone, UNKNOWN.icon, name.replace("_", " ") or UNKNOWN.word)


@register.filter
def tone(state: object) -> str:
    """Return the state's tone for a class name: ok, wait, bad, cold or soft."""
    return _look(state).tone


@register.filter
def word(state: object) -> str:
    """Return the state in words."""
    return str(_look(state).word)


@register.filter
def task_look(state: object) -> str:
    """Return the name under which a task's state is shown: an open task was not checked yet."""
    return "unchecked" if str(state) == "open" else str(state)


@register.filter
def event_look(state: object) -> str:
    """Return the name under which an event's state is shown."""
    return EVENT_LOOKS.get(str(state), str(state))


@register.filter
def message_look(tag: object) -> str:
    """Return the name under which a message of this level is shown."""
    return MESSAGE_LOOKS.get(str(tag), str(tag))


@register.filter
def kind_word(kind: object) -> str:
    """Return a quest's kind in words."""
    return str(KINDS.get(str(kind), kind))


@register.filter
def action_word(kind: object) -> str:
    """Return what the clock does, in words."""
    return str(ACTIONS.get(str(kind), kind))


@register.filter
def act_word(action: object) -> str:
    """Return an act of the journal in words."""
    return str(ACTS.get(str(action), action))


@register.simple_tag
def icon(name: str) -> SafeString:
    """Draw a symbol of the sprite for the eye only; say its meaning in words beside it."""
    return format_html(
        '<svg class="icon" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        static("icons.svg"),
        name,
    )


@register.simple_tag
def sign(state: object) -> SafeString:
    """Draw the state's sign with its word for screen readers and the pointer."""
    look = _look(state)
    return format_html(
        '<span class="sign tone-{}" title="{}">{}<span class="visually-hidden">{}</span></span>',
        look.tone,
        look.word,
        icon(look.icon),
        look.word,
    )


@register.simple_tag
def badge(state: object, text: str = "") -> SafeString:
    """Draw the state as a badge: sign and word (or the given text)."""
    look = _look(state)
    return format_html('<span class="badge tone-{}">{}{}</span>', look.tone, icon(look.icon), text or look.word)


@register.simple_tag
def difficulty(level: int) -> SafeString:
    """Draw a difficulty of 1 to 5 as dots."""
    return format_html(
        '<span class="dots" role="img" aria-label="{}">{}</span>',
        _("difficulty %(level)s of 5") % {"level": level},
        "●" * level + "○" * (5 - level),
    )


@register.filter
def account_groups(account_id: object) -> str:
    """Write a 12-digit AWS account id as three groups of four."""
    digits = str(account_id or "")
    return " ".join(digits[start : start + 4] for start in range(0, len(digits), 4))


@register.filter
def minutes(number: object) -> str:
    """Write minutes as "45 min" or "2 h 05 min"; nothing for None."""
    if number is None or number == "":
        return ""
    total = int(float(str(number)))
    if total < 60:
        return _("%(minutes)s min") % {"minutes": total}
    return _("%(hours)s h %(minutes)02d min") % {"hours": total // 60, "minutes": total % 60}


@register.filter
def roughly(usd: Decimal) -> str:
    """Write an estimate: "about $0.12", "less than $0.01", or "nothing"."""
    if not usd:
        return _("nothing")
    return in_dollars(usd) if usd < Decimal("0.01") else _("about %(usd)s") % {"usd": in_dollars(usd)}


@register.filter
def signed(points: int) -> str:
    """Write points as a gain or a loss, with a real minus sign."""
    return f"+{points:,}" if points > 0 else f"−{-points:,}" if points < 0 else "0"


@register.filter
def points(number: int) -> str:
    """Write an amount of points in words."""
    return ngettext("%(number)s point", "%(number)s points", number) % {"number": f"{number:,}"}


@register.simple_tag
def ago(moment: datetime | None) -> SafeString:
    """Write a moment as a time that scripts turn into "14 s ago"; without scripts it is the clock time."""
    if moment is None:
        return SafeString("")
    local = timezone.localtime(moment)
    return format_html(
        '<time data-ago datetime="{}" title="{}">{}</time>',
        moment.isoformat(),
        date_format(local, "DATETIME_FORMAT"),
        date_format(local, "H:i:s"),
    )


@register.simple_tag
def moment(at: datetime | None, form: str = "D j M, H:i") -> SafeString:
    """Write a moment in the viewer's zone, and name the zone."""
    if at is None:
        return SafeString("")
    local = timezone.localtime(at)
    return format_html(
        '<time datetime="{}">{} <span class="soft">{}</span></time>',
        at.isoformat(),
        date_format(local, form),
        local.tzname(),
    )
