"""`manage.py sweep ACCOUNT`: show what a sweep of an account would do, or have it swept and proven clean."""

import json
from argparse import RawDescriptionHelpFormatter
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from provisioning import throttle
from provisioning.aws.errors import AwsError
from provisioning.aws.sweeper import Resource
from provisioning.domain import sweeping
from provisioning.domain.queries.finding import account_by_reference
from provisioning.domain.sweeping import Plan, UnableToSweep
from provisioning.management.asking import os_user, require_typed
from provisioning.models import Account

EXAMPLES = """examples:
  manage.py sweep 123456789012 --dry-run
  manage.py sweep 123456789012 --dry-run --region eu-west-1 --json
  manage.py sweep 123456789012
  manage.py sweep 123456789012 --yes-account 123456789012

With --dry-run nothing is changed, anywhere. Without it nothing is deleted here either: the account goes to the workers,
which sweep it and prove it clean or quarantine it (follow with `manage.py accounts show ACCOUNT`).
"""


class Command(BaseCommand):
    """Sweep an account of the pool."""

    help = "Sweep an account of the pool that nobody holds, or show what a sweep would do."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare `ACCOUNT`, `--dry-run`, `--region`, `--yes-account` and `--json`."""
        parser.formatter_class = RawDescriptionHelpFormatter
        parser.epilog = EXAMPLES
        parser.add_argument("account", help="AWS's id of the account, or the name that `accounts list` shows")
        parser.add_argument("--dry-run", action="store_true", help="only list what would go, in order, and what stays")
        parser.add_argument(
            "--region",
            action="append",
            default=[],
            help="look only there (again for more; with --dry-run only: a sweep is always of the whole account)",
        )
        parser.add_argument("--yes-account", metavar="ID", help="the account's 12-digit id once more, for scripts")
        parser.add_argument("--json", action="store_true", help="write the answer as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Show or begin; exit with an error and nothing changed when it cannot."""
        account = account_by_reference(options["account"])
        if account is None:
            raise CommandError(f"There is no account {options['account']!r} in the pool. `accounts list` shows them.")
        if options["region"] and not options["dry_run"]:
            raise CommandError("--region goes with --dry-run: a sweep is always of the whole account.")
        try:
            if options["dry_run"]:
                self._show(account, sweeping.preview(account=account, regions=options["region"]), options["json"])
            else:
                self._begin(account, options)
        except UnableToSweep as refusal:
            raise CommandError(f"{refusal} Nothing was changed.") from refusal
        except AwsError as error:
            raise CommandError(f"AWS did not answer as it must: {error} Nothing was changed.") from error
        except throttle.Paced as paced:
            raise CommandError(f"AWS is asked too much right now: {paced}. Try again. Nothing was changed.") from paced

    def _begin(self, account: Account, options: dict[str, Any]) -> None:
        typed = options["yes_account"]
        if typed is None:
            about = f"Everything beyond the baseline of account {account} will be deleted."
            require_typed(str(account.account_id), about, yes=False)
        elif typed != account.account_id:
            raise CommandError(f"--yes-account {typed} is not {account}. Nothing was done.")
        swept = sweeping.begin(now=timezone.now(), account=account, actor=None, asked_by=f"{os_user()} at the terminal")
        if options["json"]:
            self.stdout.write(json.dumps({"account": swept.account_id, "state": swept.state, "step": swept.step}))
        else:
            self.stdout.write(f"Account {swept} is being cleaned. `manage.py accounts show {swept}` follows it.")

    def _show(self, account: Account, plan: Plan, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps(_document(account, plan), indent=2))
            return
        write = self.stdout.write
        write(f"Account {account}, {', '.join(plan.regions)} and what has no region. Nothing was changed.")
        for number, batch in enumerate(plan.passes, 1):
            write(f"\nPass {number} would delete:")
            self._lines([(each.arn, _made(each)) for each in batch])
        if not plan.passes:
            write("\nNothing would be deleted.")
        for title, lines in (
            (
                "Of types that its baseline never looked for, so left for a person:",
                [(r.arn, "") for r in plan.undecided],
            ),
            ("Missing from its baseline:", [(arn, "") for arn in plan.missing]),
            ("Kept:", [(each.arn, why) for each, why in plan.kept]),
            ("Gone, and only still named by AWS:", [(each.arn, "") for each in plan.tombstones]),
        ):
            if lines:
                write(f"\n{title}")
                self._lines(lines)

    def _lines(self, lines: list[tuple[str, str]]) -> None:
        for arn, why in lines:
            self.stdout.write(f"  {arn}{f'  ({why})' if why else ''}")


def _made(resource: Resource) -> str:
    return f"made {resource.created_at:%Y-%m-%d %H:%M}" if resource.created_at else ""


def _document(account: Account, plan: Plan) -> dict[str, Any]:
    def told(resource: Resource, **more: Any) -> dict[str, Any]:
        made = resource.created_at.isoformat() if resource.created_at else None
        return {"type": resource.type, "arn": resource.arn, "region": resource.region, "created_at": made, **more}

    return {
        "account": account.account_id,
        "dry_run": True,
        "regions": plan.regions,
        "passes": [[told(each) for each in batch] for batch in plan.passes],
        "kept": [told(each, reason=why) for each, why in plan.kept],
        "undecided": [told(each) for each in plan.undecided],
        "missing": plan.missing,
        "tombstones": [told(each) for each in plan.tombstones],
    }
