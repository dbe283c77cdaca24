"""`manage.py aws check`: look, by reading only, what is missing on AWS for a pack or an event."""

import json
from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from provisioning.aws.preflight.finding import Finding, Verdict
from provisioning.domain.preflight import check
from provisioning.enums import AccountSource
from provisioning.management.asking import needs

HELP = "look, by reading only, what is missing for a pack or an event; exit code 1: missing, 2: only unknown"
SIMULATED = (
    "This is the simulator: it knows no quotas of accounts, no permissions of the hub and no limits of new accounts. "
    "Rows about those say nothing about AWS."
)
EXIT_MISSING, EXIT_UNKNOWN = 1, 2


def add_arguments(parser: CommandParser) -> None:
    """Declare the options."""
    parser.add_argument("--pack", default="", metavar="P", help="a pack's folder, or a loaded SLUG[@VERSION]")
    parser.add_argument("--event", default="", metavar="E", help="an event's slug: its teams are counted too")
    parser.add_argument("--mode", choices=AccountSource.values, default=settings.AWS_POOL_MODE)
    parser.add_argument("--accounts", type=int, default=2, metavar="N", help="how many accounts to enter (default: 2)")
    parser.add_argument("--json", action="store_true", help="for scripts")


def handle(command: BaseCommand, options: dict[str, Any]) -> None:
    """Print a row for each thing looked at, and exit by the worst of them."""
    if not options["pack"] and not options["event"]:
        raise CommandError("Name a pack, an event, or both: --pack packs/first-flight, --event spring-gameday.")
    if options["accounts"] < 0:
        raise CommandError("--accounts must be 0 or more.")
    wanted = needs(pack=options["pack"], event=options["event"])
    mode = AccountSource(options["mode"])
    found = check(now=timezone.now(), needs=wanted, mode=mode, sample=options["accounts"])
    if options["json"]:
        command.stdout.write(json.dumps([asdict(each) for each in found], indent=2))
    else:
        _print(command, found, f"{wanted.label}, {mode} accounts")
    verdicts = {each.verdict for each in found}
    if Verdict.MISSING in verdicts:
        raise CommandError("Something is missing; see above.", returncode=EXIT_MISSING)
    if Verdict.UNKNOWN in verdicts:
        raise CommandError(
            "Nothing is known to be missing, but something is unknown; see above.", returncode=EXIT_UNKNOWN
        )


def _print(command: BaseCommand, found: list[Finding], title: str) -> None:
    command.stdout.write(title)
    if settings.AWS_MODE == "simulator":
        command.stdout.write(SIMULATED)
    for each in found:
        command.stdout.write(f"{each.verdict.upper():<8} {each.subject}: {each.sentence}")
        if each.advice:
            command.stdout.write(f"{'':<8} → {each.advice}")
