"""Which team needs a coach most, and why, in words: computed from what is known, nothing is stored."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

# From here on something is worth a word.
REPEATS = 3
SILENT_MINUTES = 10
# Somebody who asks comes before everybody who only seems stuck.
ASKED, ASKED_PER_MINUTE, ASKED_MOST = 100, 2, 60
TAKEN = 10
LATE, LATE_MOST = 20, 40
REPEATED, REPEATED_MOST = 5, 30
SILENT_MOST = 30
NO_HINT_LEFT = 10
FAILURE_LENGTH = 90


@dataclass(frozen=True)
class Question:
    """An open request for help: whole minutes since it was asked, the first words, and which coach has it."""

    minutes: int
    text: str
    coach: str = ""
    answered: bool = False


@dataclass(frozen=True)
class Situation:
    """Where a team stands in one quest, or in none; all minutes are whole and played, but those of questions.

    `minutes` counts from the quest's start, `stalled` from its start or its last task that passed; `repeats` is how
    often the team had the task checked with the same `failure`; `silent` is without any sign of life of the team.
    """

    quest: str = ""
    minutes: int = 0
    expected: int | None = None
    stalled: int = 0
    passed: int = 0
    repeats: int = 0
    failure: str = ""
    silent: int = 0
    hints: int = 0
    hints_open: int = 0
    question: Question | None = None


@dataclass(frozen=True)
class Need:
    """How much a team needs somebody, and why; nothing when the score is 0."""

    score: int
    reasons: list[str]


def need_of(situation: Situation) -> Need:
    """Return the need; the reasons come in the order in which a person would say them."""
    found = [
        *_asked(situation),
        *_late(situation),
        *_repeats(situation),
        *_silent(situation),
    ]
    # That no hint is left makes a need greater, and is none by itself.
    if found and situation.quest and situation.hints and situation.hints_open >= situation.hints:
        words = ngettext("its hint is open", "all %(number)s hints are open", situation.hints)
        found.append((NO_HINT_LEFT, words % {"number": situation.hints}))
    return Need(score=sum(points for points, _words in found), reasons=[words for _points, words in found])


def _asked(situation: Situation) -> list[tuple[int, str]]:
    question = situation.question
    if question is None:
        return []
    said = {"minutes": question.minutes, "text": _short(question.text), "coach": question.coach}
    if question.coach and question.answered:
        return [(TAKEN, _("asked %(minutes)s min ago; %(coach)s has answered") % said)]
    if question.coach:
        return [(2 * TAKEN, _("asked %(minutes)s min ago; %(coach)s has it: “%(text)s”") % said)]
    points = ASKED + min(ASKED_MOST, ASKED_PER_MINUTE * question.minutes)
    return [(points, _("asked for help %(minutes)s min ago: “%(text)s”") % said)]


def _late(situation: Situation) -> list[tuple[int, str]]:
    expected = situation.expected
    # A team that is over its time and passes one task after the other is slow, not stuck.
    if not expected or situation.minutes <= expected or 2 * situation.stalled < expected:
        return []
    words = _("%(minutes)s min in “%(quest)s”, expected %(expected)s") % {
        "minutes": situation.minutes,
        "quest": situation.quest,
        "expected": expected,
    }
    if situation.passed:
        words += _("; nothing passed for %(minutes)s min") % {"minutes": situation.stalled}
    return [(min(LATE_MOST, LATE * situation.stalled // expected), words)]


def _repeats(situation: Situation) -> list[tuple[int, str]]:
    if situation.repeats < REPEATS:
        return []
    words = _("the same failure %(times)s times: “%(failure)s”") % {
        "times": situation.repeats,
        "failure": _short(situation.failure),
    }
    return [(min(REPEATED_MOST, REPEATED * situation.repeats), words)]


def _silent(situation: Situation) -> list[tuple[int, str]]:
    if situation.silent < SILENT_MINUTES:
        return []
    words = _("no sign of life for %(minutes)s min") if situation.quest else _("nothing begun for %(minutes)s min")
    return [(min(SILENT_MOST, situation.silent), words % {"minutes": situation.silent})]


def _short(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= FAILURE_LENGTH else f"{words[: FAILURE_LENGTH - 1]}…"
