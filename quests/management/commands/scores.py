"""`manage.py scores rebuild EVENT [--check]`: make an event's standings anew from the ledger."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from quests.domain.scores import rebuild_standings
from quests.models import Event


class Command(BaseCommand):
    """Work with standings."""

    help = "Work with standings, which are computed from the append-only ledger."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare `rebuild EVENT [--check]`."""
        actions = parser.add_subparsers(dest="action", required=True, parser_class=CommandParser)
        rebuild = actions.add_parser("rebuild", help="compute an event's standings anew")
        rebuild.add_argument("event", help="the event's slug, as in its address")
        rebuild.add_argument("--check", action="store_true", help="change nothing; exit with 1 if any differs")

    def handle(self, *args: Any, **options: Any) -> None:
        """Rebuild or check, naming every standing that differed."""
        event = Event.objects.filter(slug=options["event"]).first()
        if event is None:
            raise CommandError(f"There is no event {options['event']!r}.")
        differences = rebuild_standings(event=event, check_only=options["check"])
        for sentence in differences:
            self.stdout.write(sentence)
        if differences and options["check"]:
            raise CommandError(f"{len(differences)} standing(s) differ from the ledger.")
        self.stdout.write(f"{event.name}: {len(differences)} standing(s) corrected.")
