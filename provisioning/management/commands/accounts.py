"""`manage.py accounts …`: the account pool at the terminal, with the numbers and actions of the staff's pages."""

import json
import sys
from argparse import RawDescriptionHelpFormatter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from accounts.domain import audit
from provisioning.domain import account_interventions
from provisioning.domain.account_interventions import ACCOUNT
from provisioning.domain.interventions import UnableToIntervene
from provisioning.domain.queries import account_list, history
from provisioning.domain.queries.account_list import AccountFilter, AccountRow
from provisioning.domain.queries.finding import account_by_reference
from provisioning.domain.queries.registration import found_in
from provisioning.enums import AccountSource, AccountState
from provisioning.management.acting import act, add_acting, write_outcome
from provisioning.management.asking import os_user
from provisioning.management.tables import write_facts, write_table
from provisioning.models import Account

EXAMPLES = """examples:
  manage.py accounts list
  manage.py accounts list --state quarantined --json
  manage.py accounts show 123456789012
  manage.py accounts register accounts.csv --name "from finance"
  manage.py accounts register - < ids.txt
  manage.py accounts confirm 123456789012 --typed-id 123456789012 --keep arn:aws:s3:::logs
  manage.py accounts retry 123456789012 --reason "the bucket was unlocked"
  manage.py accounts retire 123456789012 --reason "goes back to finance" --yes

An ACCOUNT is AWS's id, or, before AWS has given one, the number or name that `list` shows.
"""
HEADERS = ("account", "name", "state", "age", "health", "step", "next", "tries", "reason")
MOVES_SHOWN = 30


class Command(BaseCommand):
    """List, show and act on accounts of the pool."""

    help = "Work with the account pool; what needs attention comes first."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the subcommands."""
        parser.formatter_class = RawDescriptionHelpFormatter
        parser.epilog = EXAMPLES
        actions = parser.add_subparsers(dest="subcommand", required=True, parser_class=CommandParser)

        listing = actions.add_parser("list", help="list accounts")
        listing.add_argument("--state", choices=AccountState.values)
        listing.add_argument("--source", choices=AccountSource.values)
        listing.add_argument("--reason", default="", help="part of the reason")
        listing.add_argument(
            "--search", default="", metavar="TEXT", help="part of an id, name or address, or a lease's id"
        )
        listing.add_argument("--overdue", action="store_true", help="only what has been in its state for too long")
        listing.add_argument("--json", action="store_true")

        showing = actions.add_parser("show", help="show one account with its moves")
        showing.add_argument("account")
        showing.add_argument("--json", action="store_true")

        registering = actions.add_parser(
            "register", help="register existing accounts by id; nothing in them is touched"
        )
        registering.add_argument("file", type=Path, help="a list or CSV of account ids; - reads standard input")
        registering.add_argument("--name", default="", help="what operators call them")
        registering.add_argument("--json", action="store_true")

        confirming = actions.add_parser("confirm", help="let a registered account be emptied and used")
        confirming.add_argument("account")
        confirming.add_argument("--typed-id", help="the account's 12-digit id once more; asked for if left out")
        confirming.add_argument("--keep", action="append", default=[], metavar="ARN", help="what is not deleted")
        confirming.add_argument("--json", action="store_true")

        for name in ("retry", "quarantine", "release", "retire"):
            acting = actions.add_parser(name, help=_first_sentence(str(ACCOUNT[name].will)))
            acting.add_argument("account")
            add_acting(acting)
            if ACCOUNT[name].is_destructive:
                acting.add_argument("--yes", action="store_true", help="do not ask")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the subcommand."""
        known: dict[str, Callable[[Mapping[str, Any]], None]] = {
            "list": self._list,
            "show": self._show,
            "register": self._register,
            "confirm": self._confirm,
        }
        known.get(options["subcommand"], self._act)(options)

    def _list(self, options: Mapping[str, Any]) -> None:
        now = timezone.now()
        wanted = AccountFilter(
            state=options["state"] or "",
            source=options["source"] or "",
            reason=options["reason"],
            q=options["search"],
            overdue=options["overdue"],
        )
        rows = account_list.rows(now, account_list.by_attention(now, account_list.matching(now, wanted)))
        if options["json"]:
            self.stdout.write(json.dumps([row.document() for row in rows], indent=2))
            return
        if not rows:
            self.stderr.write("No account fits.")
            return
        write_table(self.stdout, HEADERS, [_cells(row) for row in rows])

    def _show(self, options: Mapping[str, Any]) -> None:
        account = _find(options["account"])
        row = account_list.row_of(timezone.now(), account)
        moves = history.timeline_of_account(account)
        if options["json"]:
            self.stdout.write(json.dumps({**row.document(), "moves": [move.document() for move in moves]}, indent=2))
            return
        write_facts(
            self.stdout,
            [
                ("account", row.reference),
                ("name", account.name),
                ("source", account.source),
                ("state", f"{account.state} for {row.age_words}"),
                ("health", str(row.health)),
                ("step", account.step),
                ("next try", row.next_retry),
                ("failed tries", str(account.attempts or "")),
                ("reason", row.error),
                ("lease", str(row.lease or "")),
                ("last certificate", _certificate(row)),
                ("drift", account.drift_seen),
                *(("left in it", arn) for arn in account.leftovers),
                *_inventory(account),
            ],
        )
        for move in moves[:MOVES_SHOWN][::-1]:
            who = move.actor or "platform"
            self.stdout.write(
                f"{move.at:%Y-%m-%d %H:%M:%S}  {move.what} {move.state} {move.step}  {who}  {move.reason}".rstrip()
            )

    def _register(self, options: Mapping[str, Any]) -> None:
        file: Path = options["file"]
        try:
            text = sys.stdin.read() if str(file) == "-" else file.expanduser().read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"{file} cannot be read: {error}. Nothing was registered.") from error
        now = timezone.now()
        try:
            with transaction.atomic():
                made = account_interventions.register(now=now, text=text, actor=None, name=options["name"])
                for account in made:
                    audit.record(
                        now=now,
                        action="terminal.act",
                        subject=f"account:{account.account_id}",
                        command="accounts register",
                        os_user=os_user(),
                    )
        except UnableToIntervene as refusal:
            raise CommandError(str(refusal)) from refusal
        done = (
            f"{len(made)} account(s) registered. Each is read now; confirm it when `accounts show` lists what is in it."
        )
        write_outcome(self, done, {"accounts": [each.account_id for each in made]}, as_json=options["json"])

    def _confirm(self, options: Mapping[str, Any]) -> None:
        account = _find(options["account"])
        typed = options["typed_id"]
        if typed is None:
            if not sys.stdin.isatty():
                raise CommandError("Nobody can type the id here: add --typed-id. Nothing was changed.")
            write_facts(self.stderr, _inventory(account))
            self.stderr.write(ACCOUNT["confirm"].sentence(account))
            self.stderr.write("Type the account's 12-digit id to go on: ", ending="")
            typed = sys.stdin.readline()
        done = act(self, ACCOUNT["confirm"], account, options, typed_id=typed, keep=options["keep"])
        self._write(account, done, options)

    def _act(self, options: Mapping[str, Any]) -> None:
        account = _find(options["account"])
        self._write(account, act(self, ACCOUNT[options["subcommand"]], account, options), options)

    def _write(self, account: Account, done: str, options: Mapping[str, Any]) -> None:
        account.refresh_from_db()
        document = {"account": account_list.row_of(timezone.now(), account).document()}
        write_outcome(self, done, document, as_json=options["json"])


def _find(reference: str) -> Account:
    account = account_by_reference(reference)
    if account is None:
        raise CommandError(f"There is no account {reference!r} in the pool. Nothing was changed.")
    return account


def _cells(row: AccountRow) -> tuple[str, ...]:
    account = row.account
    return (
        row.reference,
        account.name,
        account.state,
        row.age_words,
        str(row.health),
        account.step or "-",
        row.next_retry or "-",
        str(account.attempts),
        row.error or "-",
    )


def _certificate(row: AccountRow) -> str:
    if row.certified_at is None:
        return ""
    return f"{'clean' if row.certified_clean else 'not clean'} at {row.certified_at:%Y-%m-%d %H:%M} UTC"


def _inventory(account: Account) -> list[tuple[str, str]]:
    found = found_in(account) if account.state == AccountState.REGISTERED else None
    if found is None:
        return []
    return [*(("would go", each.arn) for each in found.deleted), *(("stays", each.arn) for each in found.kept)]


def _first_sentence(text: str) -> str:
    return text.replace("account %(name)s", "the account").partition(". ")[0].rstrip(".").replace("%", "%%")
