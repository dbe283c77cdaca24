"""`manage.py packs`: from an empty folder to a release that events play."""

from argparse import Namespace, RawDescriptionHelpFormatter
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from provisioning.aws.sizes import TooLong
from quests.domain.packs import VersionAlreadyReleased, load_pack
from quests.management import packs_adopt, packs_lint, packs_selftest, packs_try
from quests.pack import PackError
from quests.pack.starting import UnableToStart, start_pack

EXAMPLES = """examples:
  manage.py packs new our-first-game --into ~/our-packs
  manage.py packs load packs/first-flight
  manage.py packs lint packs/first-flight
  manage.py packs selftest packs/first-flight --quest open-nest --quest long-memory
  manage.py packs try packs/first-flight --quest open-nest
  manage.py packs selftest ~/our-packs/locks-and-keys --json > report.json
  manage.py packs adopt first-flight-rehearsal 1.0.1 --dry-run
  python -m labs.local run packs selftest packs/first-flight    # in CI: services of its own, one command
"""
_FOLDER_HELP = "a folder with a pack.yaml; see docs/pack-format.md"


class Command(BaseCommand):
    """Work with packs."""

    help = "Work with packs: folders of content that events play."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the actions."""
        parser.formatter_class = RawDescriptionHelpFormatter
        parser.epilog = EXAMPLES
        actions = parser.add_subparsers(dest="action", required=True, parser_class=CommandParser)

        new = actions.add_parser("new", help="write a small whole pack to change")
        new.add_argument("slug", help="its name in addresses: small letters, digits, hyphens")
        new.add_argument("--into", type=Path, default=settings.PACKS_DIR, metavar="DIR", help="default: %(default)s")

        load = actions.add_parser("load", help="import a pack as an immutable release")
        load.add_argument("folder", type=Path, help=_FOLDER_HELP)

        lint = actions.add_parser("lint", help="tell every problem in one run; exit with 1 on an error")
        lint.add_argument("folder", type=Path, help=_FOLDER_HELP)
        lint.add_argument("--json", action="store_true", help="for scripts: file, line, field, message, severity")

        selftest = actions.add_parser(
            "selftest", help="play a pack in real sandboxes: tasks fail, near misses fail one, solutions pass"
        )
        selftest.add_argument("folder", type=Path, help=_FOLDER_HELP)
        selftest.add_argument("--quest", action="append", default=[], metavar="SLUG", help="only this one; repeatable")
        selftest.add_argument("--keep", action="store_true", help="stop at the first surprise and keep its sandbox")
        selftest.add_argument("--aws", action="store_true", help="in accounts on real AWS, which costs money")
        selftest.add_argument("--json", action="store_true", help="for scripts")

        trying = actions.add_parser("try", help="an author's loop: one sandbox, checked anew as files change")
        trying.add_argument("folder", type=Path, help=_FOLDER_HELP)
        trying.add_argument("--quest", required=True, metavar="SLUG", help="whose checks to run")
        trying.add_argument(
            "--input", action="append", default=[], metavar="NAME=VALUE", help="hand this in; repeatable"
        )
        trying.add_argument("--attempt", default="", metavar="NAME", help="first do the `solution` or a near miss")
        trying.add_argument(
            "--every", type=float, default=3.0, metavar="SECONDS", help="look at the sandbox so often (%(default)s)"
        )
        trying.add_argument("--once", action="store_true", help="show everything once and end")
        trying.add_argument("--aws", action="store_true", help="in an account on real AWS, which costs money")

        adopt = actions.add_parser("adopt", help="let a running event take over a fixed, loaded release of its pack")
        adopt.add_argument("event", help="the event's slug, as in its address")
        adopt.add_argument("version_wanted", metavar="VERSION", help="of a loaded release of the event's pack")
        adopt.add_argument("--reason", default="", help="why; kept in the journal")
        adopt.add_argument("--dry-run", action="store_true", help="only show what would change")
        adopt.add_argument("--json", action="store_true", help="the differences as JSON")

        for action in actions.choices.values():
            action.formatter_class, action.epilog = RawDescriptionHelpFormatter, EXAMPLES

    def handle(self, *args: Any, **options: Any) -> None:
        """Do what was asked for; every problem of a pack is printed as FILE:LINE: FIELD: MESSAGE."""
        chosen = Namespace(**options)
        if "folder" in options:
            chosen.folder = chosen.folder.expanduser()
        try:
            getattr(self, f"_{chosen.action}")(chosen)
        except PackError as error:
            for problem in error.problems:
                self.stderr.write(str(problem))
            nothing = "Nothing was loaded." if chosen.action == "load" else "Nothing was tried."
            raise CommandError(f"{len(error.problems)} problem(s) in {chosen.folder}. {nothing}") from error

    def _new(self, options: Namespace) -> None:
        try:
            folder = start_pack(slug=options.slug, into=options.into.expanduser())
        except UnableToStart as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{folder} is a whole pack. Try it: manage.py packs selftest {folder}")

    def _load(self, options: Namespace) -> None:
        try:
            release, created = load_pack(now=timezone.now(), folder=options.folder)
        except (VersionAlreadyReleased, TooLong) as error:
            raise CommandError(f"{error} Nothing was loaded.") from error
        quests = release.quests.count()
        state = "loaded" if created else "already loaded, unchanged"
        self.stdout.write(
            f"{release.title} {release.version}: {quests} quests, {release.maximum} points ({state},"
            f" content {release.content_hash[:12]})"
        )

    def _lint(self, options: Namespace) -> None:
        errors = packs_lint.run(folder=options.folder, as_json=options.json, out=self.stdout)
        if errors:
            raise CommandError(f"{len(errors)} error(s) in {options.folder}.")

    def _selftest(self, options: Namespace) -> None:
        try:
            report = packs_selftest.run(
                folder=options.folder, quests=options.quest, options=options, out=self.stdout, err=self.stderr
            )
        except KeyboardInterrupt:
            raise CommandError("Stopped. Its sandboxes are ended, and are swept as soon as a worker runs.") from None
        if report.surprises:
            raise CommandError(f"{len(report.surprises)} surprise(s): the pack is not ready to be played.")

    def _try(self, options: Namespace) -> None:
        packs_try.run(options=options, out=self.stdout, err=self.stderr)

    def _adopt(self, options: Namespace) -> None:
        packs_adopt.run(options=options, out=self.stdout)
