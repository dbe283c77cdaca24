"""`manage.py aws …`: what is asked of AWS itself, with or without our database."""

from argparse import RawDescriptionHelpFormatter
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from provisioning.management.aws import stop_everything

SUBCOMMANDS = {module.NAME: module for module in (stop_everything,)}


class Command(BaseCommand):
    """Dispatch to the subcommand's module."""

    help = "Work with AWS itself."
    # Stopping everything must work when the database is away, and no check may wait for it.
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the subcommands."""
        actions = parser.add_subparsers(dest="subcommand", required=True, parser_class=CommandParser)
        for name, module in SUBCOMMANDS.items():
            declared = actions.add_parser(name, help=module.HELP, description=module.HELP)
            declared.formatter_class = RawDescriptionHelpFormatter
            declared.epilog = module.EXAMPLES
            module.add_arguments(declared)

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the subcommand."""
        SUBCOMMANDS[options["subcommand"]].run(self, options)
