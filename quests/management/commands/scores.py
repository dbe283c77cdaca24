"""`manage.py scores rebuild EVENT [--check]`: make an event's standings anew from the ledger."""

from argparse import RawDescriptionHelpFormatter
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from quests.domain.income import rebuild_uptime
from quests.domain.scores import faults_of_ledger, rebuild_standings
from quests.models import Event

SHOWN_EVENTS = 5
EXAMPLES = """examples:
  manage.py scores rebuild first-flight-rehearsal --check    # change nothing, tell what differs
  manage.py scores rebuild first-flight-rehearsal
"""


class Command(BaseCommand):
    """Work with standings."""

    help = "Work with standings, which are computed from the append-only ledger."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare `rebuild EVENT [--check]`."""
        parser.formatter_class, parser.epilog = RawDescriptionHelpFormatter, EXAMPLES
        actions = parser.add_subparsers(dest="action", required=True, parser_class=CommandParser)
        rebuild = actions.add_parser("rebuild", help="compute an event's standings anew")
        rebuild.add_argument("event", help="the event's slug, as in its address")
        rebuild.formatter_class, rebuild.epilog = RawDescriptionHelpFormatter, EXAMPLES
        rebuild.add_argument("--check", action="store_true", help="change nothing; exit with 1 if any differs")

    def handle(self, *args: Any, **options: Any) -> None:
        """Rebuild or check, naming every standing that differed, and what of voids and brackets no rebuild mends."""
        event = Event.objects.filter(slug=options["event"]).first()
        if event is None:
            known = ", ".join(Event.objects.values_list("slug", flat=True)[:SHOWN_EVENTS]) or "none yet"
            raise CommandError(f"There is no event with the slug {options['event']!r}. The latest are: {known}.")
        differences = rebuild_standings(event=event, check_only=options["check"])
        differences += rebuild_uptime(event=event, check_only=options["check"])
        faults = faults_of_ledger(event=event)
        for sentence in differences + faults:
            self.stdout.write(sentence)
        if differences and options["check"]:
            raise CommandError(
                f"{event.name}: {len(differences)} standing(s) differ from the ledger; none was changed."
            )
        if faults:
            raise CommandError(
                f"{event.name}: {len(faults)} fault(s) in the ledger or the brackets, which no rebuild mends: "
                "an organizer corrects them in the control room."
            )
        done = f"{len(differences)} standing(s) corrected" if differences else "every standing agrees with the ledger"
        self.stdout.write(f"{event.name}: {done}.")
