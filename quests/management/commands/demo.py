"""`manage.py demo`: a running event to look at, on the simulator only."""

from argparse import RawDescriptionHelpFormatter
from datetime import datetime, timedelta
from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from quests.domain.events import EventPlan, add_coach, schedule_event
from quests.domain.joining import create_team, join_event, join_team
from quests.domain.packs import VersionAlreadyReleased, load_pack
from quests.enums import EventState
from quests.models import Event, PackRelease
from quests.pack import PackError

PASSWORD = "fly-little-dodo"  # noqa: S105  (well known on purpose: refused outside the simulator)
PACK = "first-flight"
EVENT_NAME = "First flight rehearsal"
JOIN_CODE = "DODO42"
DURATION = timedelta(hours=8)
STAFF, COACH = ("olive@example.com", "Olive Organizer"), ("cora@example.com", "Cora Coach")
TEAMS = {
    "Hippo Ballerinas": [("ada@example.com", "Ada"), ("bo@example.com", "Bo")],
    "Null Pointers": [("cy@example.com", "Cy")],
    "Retry Later": [("dee@example.com", "Dee")],
}
NEWCOMER = ("nell@example.com", "Nell Newcomer")
EXAMPLES = """examples:
  manage.py demo               # people, and an event that runs now; `make up` does it at each start
  manage.py demo --sign-ins    # who may sign in, and with which password
"""


class Command(BaseCommand):
    """Load the demo."""

    help = "Load demo people and a running event; does nothing that is there already. Refuses on real AWS."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare `--sign-ins`."""
        parser.formatter_class, parser.epilog = RawDescriptionHelpFormatter, EXAMPLES
        parser.add_argument("--sign-ins", action="store_true", help="only print the demo sign-ins, on one line")

    def handle(self, *args: Any, **options: Any) -> None:
        """Create what is missing."""
        if settings.AWS_MODE != "simulator":
            raise CommandError("The demo has well-known passwords: it is refused unless AWS_MODE=simulator.")
        if options["sign_ins"]:
            first = next(iter(TEAMS.values()))[0][0]
            self.stdout.write(
                f"organizer {STAFF[0]} · coach {COACH[0]} · participant {first}"
                f" · newcomer {NEWCOMER[0]} (join code {JOIN_CODE}) · password {PASSWORD}"
            )
            return
        try:
            with transaction.atomic():
                created = self._load(timezone.now())
        except PackError as error:
            for problem in error.problems:
                self.stderr.write(str(problem))
            raise CommandError(f"{len(error.problems)} problem(s) in the demo's pack. Nothing was loaded.") from error
        self.stdout.write("Demo event scheduled." if created else "The demo is there already.")

    def _release(self, now: datetime) -> PackRelease:
        """Return the pack's release; while somebody works on the pack, the one that was released last."""
        try:
            return load_pack(now=now, folder=settings.PACKS_DIR / PACK)[0]
        except VersionAlreadyReleased as error:
            self.stderr.write(f"{error} The demo plays what was released.")
            return PackRelease.objects.filter(pack__slug=PACK).latest("loaded_at")

    def _load(self, now: datetime) -> bool:
        organizer = _person(*STAFF, is_staff=True, is_superuser=True)
        _person(*NEWCOMER)
        current = Event.objects.filter(join_code=JOIN_CODE).first()
        if current is not None:
            if current.state not in (EventState.CLOSED, EventState.TORN_DOWN) and current.ends_at > now:
                return False
            # Yesterday's rehearsal keeps its record under a code of its own.
            current.join_code = f"{JOIN_CODE}-{current.id.hex[:5]}".upper()
            current.save(update_fields=["join_code"])
        release = self._release(now)
        event = schedule_event(
            now=now,
            plan=EventPlan(
                name=EVENT_NAME,
                release=release,
                starts_at=now,
                duration=DURATION,
                time_zone="UTC",
                planned_teams=len(TEAMS) + 1,
                spares=1,
                team_size_max=release.team_size_max,
                join_code=JOIN_CODE,
            ),
            organizer=organizer,
        )
        add_coach(now=now, event=event, user=_person(*COACH), actor=organizer)
        for name, members in TEAMS.items():
            captain, *others = [
                join_event(now=now, code=JOIN_CODE, user=_person(email, display)) for email, display in members
            ]
            enrollment = create_team(now=now, participation=captain, name=name)
            for participation in others:
                join_team(now=now, participation=participation, enrollment=enrollment)
        return True


def _person(email: str, name: str, **flags: bool) -> User:
    user = User.objects.filter(email__iexact=email).first()
    if user is None:
        user = User.objects.create_user(email, PASSWORD, name=name, **flags)
        EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    return user
