"""A roster of people: its rows judged one by one, and imported exactly as that was shown."""

import hashlib
import json
import re
import unicodedata
from dataclasses import asdict, dataclass, field
from datetime import datetime
from uuid import UUID

from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.db.models.functions import Lower
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.domain.audit import record
from accounts.enums import Discipline
from accounts.forms.names import readable_name
from accounts.models import User
from quests.domain.joining import ENDED, found_team
from quests.domain.letters import write_letters
from quests.domain.live import event_changed
from quests.domain.refusals import Refusal, UnableToImport
from quests.domain.roster_files import Line, read_roster
from quests.domain.seats import seat_person, unseat_person
from quests.enums import LetterKind
from quests.models import Enrollment, Event, Participation, Place

LONGEST_NAME, LONGEST_TEAM, SHORTEST_TEAM = 60, 40, 2
_ALIASES = {
    "ops": Discipline.OPERATIONS,
    "devops": Discipline.OPERATIONS,
    "infrastructure": Discipline.OPERATIONS,
    "testing": Discipline.QA,
    "test": Discipline.QA,
    "ux": Discipline.DESIGN,
}

WORDS = {
    "new": gettext_lazy("new: invited"),
    "known": gettext_lazy("known: added"),
    "in": gettext_lazy("already in"),
    "moved": gettext_lazy("changes team"),
    "refused": gettext_lazy("not imported"),
}


@dataclass(frozen=True)
class Outcome:
    """What becomes of a row: `kind` is a key of WORDS, `said` why it is refused or what goes with it."""

    number: int
    kind: str
    name: str
    email: str
    team: str
    founds: bool = False
    said: str = ""
    disciplines: list[str] = field(default_factory=list)
    experience: int | None = None
    bracket: str = ""


@dataclass(frozen=True)
class Preview:
    """All outcomes in the file's order; the token stands for exactly these, with this event behind them."""

    outcomes: list[Outcome]
    token: str

    @property
    def counts(self) -> list[tuple[str, int]]:
        """Return how many rows there are of each kind that occurs, in words."""
        kinds = [outcome.kind for outcome in self.outcomes]
        return [(str(word), kinds.count(kind)) for kind, word in WORDS.items() if kind in kinds]

    @property
    def changes(self) -> int:
        """Return how many rows would change something."""
        return sum(outcome.kind in ("new", "known", "moved") for outcome in self.outcomes)


def preview_roster(*, event: Event, text: str) -> Preview:
    """Tell what importing the roster would do with each row; nothing is changed. Raises UnableToImport."""
    lines = read_roster(text)
    outcomes = _Judge(event, lines).judge()
    seen = json.dumps([str(event.pk), *(asdict(outcome) for outcome in outcomes)], sort_keys=True)
    return Preview(outcomes, hashlib.sha256(seen.encode()).hexdigest())


def import_roster(*, now: datetime, event: Event, text: str, token: str, actor: User) -> Preview:
    """Do what the preview with this token has shown, whole or not at all; the new people get an invitation.

    Raises UnableToImport when the rows would have another outcome by now.
    """
    with transaction.atomic():
        event = Event.objects.select_for_update(no_key=True).select_related("release").get(pk=event.pk)
        # Nobody takes a seat between this look and the import.
        list(Enrollment.objects.select_for_update().filter(event=event).order_by("pk").values_list("pk"))
        preview = preview_roster(event=event, text=text)
        if preview.token != token:
            raise UnableToImport(
                _("Meanwhile the event, its teams or its people have changed. Nothing was imported: look again.")
            )
        try:
            invited = [user for outcome in preview.outcomes if (user := _do(now, event, outcome, actor))]
        except IntegrityError as error:
            raise UnableToImport(
                _("Somebody of the list signed up at this moment. Nothing was imported: look again.")
            ) from error
        except Refusal as refusal:
            raise UnableToImport(_("Nothing was imported: %(why)s") % {"why": refusal}) from refusal
        write_letters(now=now, event=event, users=invited, kind=LetterKind.INVITATION)
        record(
            now=now,
            actor=actor.id,
            action="event.import",
            subject=event.slug,
            scope=event.id,
            people=[str(user.pk) for user in invited],
            reason=", ".join(f"{word}: {count}" for word, count in preview.counts),
        )
        event_changed(event_id=event.id)
    return preview


class _Judge:
    """Goes through the rows in order, as the import does, and keeps count of seats and places."""

    def __init__(self, event: Event, lines: list[Line]) -> None:
        self.event = event
        self.lines = lines
        known = User.objects.annotate(address=Lower("email")).filter(address__in={line.email.lower() for line in lines})
        self.users = {str(user.email).lower(): user for user in known}
        self.own: dict[UUID, Participation] = {
            row.user_id: row for row in event.participations.select_related("enrollment")
        }
        self.teams = {team.name.casefold(): team for team in event.enrollments.all()}
        self.sizes: dict[str, int] = {}
        for row in self.own.values():
            if row.enrollment:
                key = row.enrollment.name.casefold()
                self.sizes[key] = self.sizes.get(key, 0) + 1
        self.free = Place.objects.filter(event=event, enrollment__isnull=True).count()
        self.brackets = {team.name.casefold(): team.bracket for team in self.teams.values()}
        self.founded: dict[str, str] = {}
        self.seen: dict[str, int] = {}

    def judge(self) -> list[Outcome]:
        """Return every row's outcome."""
        return [self._one(line) for line in self.lines]

    def _one(self, line: Line) -> Outcome:
        email = line.email.lower()
        try:
            self._check_person(line, email)
            disciplines, experience = _disciplines(line.disciplines), _experience(line.experience)
            user = self.users.get(email)
            own = self.own.get(user.pk) if user else None
            kind = "new" if user is None else "known" if own is None else "in"
            team, founds, kind = self._seat(line, own, kind)
            self.seen[email] = line.number
        except UnableToImport as refusal:
            return Outcome(line.number, "refused", line.name, line.email, line.team, said=str(refusal))
        return Outcome(
            number=line.number,
            kind=kind,
            name=user.name if user else line.name,
            email=str(user.email) if user else email,
            team=team,
            founds=founds,
            said=_("founds the team") if founds else "",
            disciplines=disciplines,
            experience=experience,
            bracket=self.brackets.get(team.casefold(), ""),
        )

    def _check_person(self, line: Line, email: str) -> None:
        if self.event.state in ENDED:
            raise UnableToImport(_("The event has ended."))
        try:
            validate_email(email)
        except ValidationError as error:
            raise UnableToImport(_("This is no e-mail address.")) from error
        if email in self.seen:
            raise UnableToImport(_("The address is in line %(line)s already.") % {"line": self.seen[email]})
        if email in self.users:
            if not self.users[email].is_active:
                raise UnableToImport(_("This person's account here is closed."))
            return
        if not 1 <= len(line.name) <= LONGEST_NAME:
            raise UnableToImport(_("A name has 1 to %(most)s characters.") % {"most": LONGEST_NAME})
        _readable(line.name)

    def _seat(self, line: Line, own: Participation | None, kind: str) -> tuple[str, bool, str]:
        """Return the team's name, whether the row founds it, and the kind of outcome; take the seat."""
        now_in = own.enrollment.name if own and own.enrollment else ""
        if not line.team:
            return now_in, False, kind
        key = line.team.casefold()
        founds = key not in self.teams and key not in self.founded
        bracket = self._bracket(line, key, founds)
        if now_in.casefold() == key:
            return now_in, False, kind
        if founds:
            if not SHORTEST_TEAM <= len(line.team) <= LONGEST_TEAM:
                raise UnableToImport(
                    _("A team's name has %(least)s to %(most)s characters.")
                    % {"least": SHORTEST_TEAM, "most": LONGEST_TEAM}
                )
            _readable(line.team)
            if not self.free:
                raise UnableToImport(_("There is no place left for another team."))
        elif key in self.teams and self.teams[key].closed_at is not None:
            raise UnableToImport(_("This team is closed."))
        if self.sizes.get(key, 0) >= self.event.team_size_max:
            raise UnableToImport(_("The team is full: at most %(limit)s people.") % {"limit": self.event.team_size_max})
        if founds:
            self.free -= 1
            self.founded[key] = line.team
            self.brackets[key] = bracket
        if now_in:
            self.sizes[now_in.casefold()] -= 1
        self.sizes[key] = self.sizes.get(key, 0) + 1
        name = self.teams[key].name if key in self.teams else self.founded[key]
        return name, founds, "moved" if kind == "in" else kind

    def _bracket(self, line: Line, key: str, founds: bool) -> str:
        if not line.bracket:
            return ""
        found = next((name for name in self.event.brackets if name.casefold() == line.bracket.casefold()), None)
        if found is None:
            raise UnableToImport(_("The event has no bracket “%(bracket)s”.") % {"bracket": line.bracket})
        if not founds and self.brackets.get(key, "") != found:
            raise UnableToImport(
                _("The team is in another bracket: %(bracket)s.") % {"bracket": self.brackets.get(key) or "–"}
            )
        return str(found)


def _do(now: datetime, event: Event, outcome: Outcome, actor: User) -> User | None:
    """Carry out one row; return the person if that one is new in the event."""
    if outcome.kind in ("refused", "in"):
        return None
    user = User.objects.filter(email__iexact=outcome.email).first()
    if user is None:
        user = User.objects.create_user(outcome.email, name=outcome.name, time_zone=event.time_zone)
        # Its owner proves it with the first code that is typed.
        EmailAddress.objects.create(user=user, email=str(user.email), primary=True, verified=False)
    # What people say about themselves counts more than a list.
    if outcome.disciplines and not user.disciplines:
        user.disciplines = outcome.disciplines
    if outcome.experience and user.experience is None:
        user.experience = outcome.experience
    user.save(update_fields=["disciplines", "experience"])
    own, created = Participation.objects.get_or_create(event=event, user=user, defaults={"joined_at": now})
    own = (
        Participation.objects.select_for_update(of=("self",))
        .select_related("user", "enrollment__place__lease")
        .get(pk=own.pk)
    )
    if outcome.team and (own.enrollment is None or own.enrollment.name != outcome.team):
        if own.enrollment is not None:
            unseat_person(now=now, participation=own, actor=actor.id)
        team = found_team(now=now, event=event, name=outcome.team) if outcome.founds else None
        if team is None:
            teams = event.enrollments.select_related("event", "team", "place__lease")
            team = teams.get(name=outcome.team)
        elif outcome.bracket:
            team.bracket = outcome.bracket
            team.save(update_fields=["bracket"])
        seat_person(now=now, participation=own, enrollment=team, actor=actor.id)
    return user if created else None


def _disciplines(text: str) -> list[str]:
    found: list[str] = []
    by_word = {_plain(word): value for value, label in Discipline.choices for word in (value, str(label))}
    for part in re.split(r"[,;/|]", text):
        word = _plain(part)
        if not word:
            continue
        value = by_word.get(word) or _ALIASES.get(word)
        if value is None:
            raise UnableToImport(
                _("“%(word)s” is no discipline. There are: %(all)s.")
                % {"word": part.strip(), "all": ", ".join(Discipline.values)}
            )
        if value not in found:
            found.append(str(value))
    return found


def _plain(word: str) -> str:
    return re.sub(r"[\s\-_]", "", unicodedata.normalize("NFKC", word).casefold())


def _experience(text: str) -> int | None:
    if not text:
        return None
    if text not in ("1", "2", "3", "4", "5"):
        raise UnableToImport(_("Experience is a number from 1 (new to it) to 5 (every day), or empty."))
    return int(text)


def _readable(name: str) -> None:
    try:
        readable_name(name)
    except ValidationError as error:
        raise UnableToImport(" ".join(error.messages)) from error
