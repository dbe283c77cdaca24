"""`manage.py aws …`: work with AWS itself; each subcommand has a module of its own beside this package."""

from argparse import RawDescriptionHelpFormatter
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from provisioning.management import aws_check, aws_stop_everything

EXAMPLES = """examples:
  manage.py aws check --pack packs/first-flight
  manage.py aws check --event spring-gameday --mode prepared --json
  manage.py aws stop-everything --dry-run
"""
SUBCOMMANDS: dict[str, Any] = {"check": aws_check, "stop-everything": aws_stop_everything}


class Command(BaseCommand):
    """Work with AWS."""

    help = "Work with AWS itself."
    # Stopping everything must work when the database is away, and no check may wait for it.
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the subcommands."""
        parser.formatter_class = RawDescriptionHelpFormatter
        parser.epilog = EXAMPLES
        actions = parser.add_subparsers(dest="action", required=True, parser_class=CommandParser)
        for name, module in SUBCOMMANDS.items():
            module.add_arguments(actions.add_parser(name, help=module.HELP))

    def handle(self, *args: Any, **options: Any) -> None:
        """Hand over to the subcommand."""
        SUBCOMMANDS[options["action"]].handle(self, options)
