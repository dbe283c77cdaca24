"""`manage.py packs load FOLDER`: import a pack as an immutable release."""

from argparse import RawDescriptionHelpFormatter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from provisioning.aws.sizes import TooLong
from quests.domain.packs import VersionAlreadyReleased, load_pack
from quests.pack import PackError

EXAMPLES = """examples:
  manage.py packs load packs/first-flight
  manage.py packs load ~/our-packs/locks-and-keys
"""


class Command(BaseCommand):
    """Work with packs."""

    help = "Work with packs: folders of content that events play."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare `load FOLDER`."""
        parser.formatter_class = RawDescriptionHelpFormatter
        parser.epilog = EXAMPLES
        actions = parser.add_subparsers(dest="action", required=True, parser_class=CommandParser)
        load = actions.add_parser("load", help="import a pack as an immutable release")
        load.add_argument("folder", type=Path, help="a folder with a pack.yaml; see docs/pack-format.md")
        load.formatter_class, load.epilog = RawDescriptionHelpFormatter, EXAMPLES

    def handle(self, *args: Any, **options: Any) -> None:
        """Load the pack, or print every problem as FILE:LINE: FIELD: MESSAGE and exit with 1."""
        folder: Path = options["folder"].expanduser()
        try:
            release, created = load_pack(now=timezone.now(), folder=folder)
        except PackError as error:
            for problem in error.problems:
                self.stderr.write(str(problem))
            raise CommandError(f"{len(error.problems)} problem(s) in {folder}. Nothing was loaded.") from error
        except (VersionAlreadyReleased, TooLong) as error:
            raise CommandError(f"{error} Nothing was loaded.") from error
        quests = release.quests.count()
        state = "loaded" if created else "already loaded, unchanged"
        self.stdout.write(
            f"{release.title} {release.version}: {quests} quests, {release.maximum} points ({state},"
            f" content {release.content_hash[:12]})"
        )
