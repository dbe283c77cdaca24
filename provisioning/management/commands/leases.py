"""`manage.py leases …`: the leases at the terminal, with the numbers and actions of the staff's pages."""

import json
from argparse import RawDescriptionHelpFormatter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from provisioning.domain.lease_interventions import LEASE
from provisioning.domain.queries import history, lease_list
from provisioning.domain.queries.finding import lease_by_reference
from provisioning.domain.queries.lease_list import LeaseFilter, LeaseRow
from provisioning.enums import LeaseState
from provisioning.management.acting import act, add_acting, write_outcome
from provisioning.management.tables import write_facts, write_table
from provisioning.models import Lease

EXAMPLES = """examples:
  manage.py leases list
  manage.py leases list --state active --scope "Spring gameday" --json
  manage.py leases show 4f1c2a90
  manage.py leases freeze 4f1c2a90 --stop-compute --reason "it sends spam"
  manage.py leases extend 4f1c2a90 --until 2026-05-04T18:00Z --reason "they asked for an hour"
  manage.py leases extend 4f1c2a90 --hours 1 --reason "they asked for an hour"
  manage.py leases end 4f1c2a90 --reason "the team has left" --yes

A LEASE is its id, or at least the first 6 characters of it.
"""
HEADERS = ("lease", "event", "account", "state", "age", "health", "step", "next", "tries", "reason")
MOVES_SHOWN = 30
ACTIONS = ("retry", "freeze", "unfreeze", "extend", "end", "swap")


class Command(BaseCommand):
    """List, show and act on leases."""

    help = "Work with leases, the sandboxes in use; what needs attention comes first."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the subcommands."""
        parser.formatter_class = RawDescriptionHelpFormatter
        parser.epilog = EXAMPLES
        actions = parser.add_subparsers(dest="subcommand", required=True, parser_class=CommandParser)

        listing = actions.add_parser("list", help="list leases")
        listing.add_argument("--state", choices=LeaseState.values)
        listing.add_argument(
            "--scope", default="", metavar="EVENT", help="an event's id, or part of its booking's name"
        )
        listing.add_argument("--reason", default="", help="part of the reason or the error")
        listing.add_argument("--search", default="", metavar="TEXT", help="start of an id, part of an account's id")
        listing.add_argument("--overdue", action="store_true", help="only what has been in its step for too long")
        listing.add_argument("--json", action="store_true")

        showing = actions.add_parser("show", help="show one lease with its moves")
        showing.add_argument("lease")
        showing.add_argument("--json", action="store_true")

        for name in ACTIONS:
            sentence = str(LEASE[name].will).replace("lease %(name)s", "the lease").replace("Lease %(name)s", "It")
            acting = actions.add_parser(name, help=sentence.partition(". ")[0].rstrip("."))
            acting.add_argument("lease")
            add_acting(acting)
            if LEASE[name].is_destructive:
                acting.add_argument("--yes", action="store_true", help="do not ask")
            if name == "freeze":
                acting.add_argument("--stop-compute", action="store_true", help="also stop what computes in it")
            if name == "extend":
                until = acting.add_mutually_exclusive_group(required=True)
                until.add_argument("--until", metavar="TIME", help="the new end, ISO 8601; without a zone it is UTC")
                until.add_argument("--hours", type=float, help="so many hours after the present end")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the subcommand."""
        known: dict[str, Callable[[Mapping[str, Any]], None]] = {"list": self._list, "show": self._show}
        known.get(options["subcommand"], self._act)(options)

    def _list(self, options: Mapping[str, Any]) -> None:
        now = timezone.now()
        wanted = LeaseFilter(
            state=options["state"] or "",
            scope=options["scope"],
            reason=options["reason"],
            q=options["search"],
            overdue=options["overdue"],
        )
        rows = lease_list.rows(now, lease_list.by_attention(now, lease_list.matching(now, wanted)))
        if options["json"]:
            self.stdout.write(json.dumps([row.document() for row in rows], indent=2))
            return
        if not rows:
            self.stderr.write("No lease fits.")
            return
        write_table(self.stdout, HEADERS, [_cells(row, whole=not self.stdout.isatty()) for row in rows])

    def _show(self, options: Mapping[str, Any]) -> None:
        lease = _find(options["lease"])
        row = lease_list.row_of(timezone.now(), lease)
        moves = history.timeline_of_lease(lease)
        if options["json"]:
            self.stdout.write(json.dumps({**row.document(), "moves": [move.document() for move in moves]}, indent=2))
            return
        write_facts(
            self.stdout,
            [
                ("lease", row.reference),
                ("event", " ".join(filter(None, [row.scope_label, str(lease.scope)]))),
                ("holder", str(lease.holder)),
                ("account", row.account_reference),
                ("state", f"{lease.state} for {row.age_words}"),
                ("health", str(row.health)),
                ("step", lease.step),
                ("next try", row.next_retry),
                ("failed tries", str(lease.attempts or "")),
                ("accounts given up", str(lease.swaps or "")),
                ("reason", row.error),
                ("access from", f"{lease.access_starts_at:%Y-%m-%d %H:%M} UTC"),
                ("ends", f"{lease.ends_at:%Y-%m-%d %H:%M} UTC"),
                ("cost, estimated", _cost(row)),
            ],
        )
        for move in moves[:MOVES_SHOWN][::-1]:
            who = move.actor or "platform"
            self.stdout.write(
                f"{move.at:%Y-%m-%d %H:%M:%S}  {move.what} {move.state} {move.step}  {who}  {move.reason}".rstrip()
            )

    def _act(self, options: Mapping[str, Any]) -> None:
        lease = _find(options["lease"])
        answers: dict[str, Any] = {}
        if options["subcommand"] == "freeze":
            answers["stop_compute"] = options["stop_compute"]
        if options["subcommand"] == "extend":
            answers["ends_at"] = _new_end(lease, options)
        done = act(self, LEASE[options["subcommand"]], lease, options, **answers)
        lease.refresh_from_db()
        document = {"lease": lease_list.row_of(timezone.now(), lease).document()}
        write_outcome(self, done, document, as_json=options["json"])


def _find(reference: str) -> Lease:
    lease = lease_by_reference(reference)
    if lease is None:
        raise CommandError(
            f"There is no lease {reference!r}, or more than one whose id begins so. Nothing was changed."
        )
    return lease


def _new_end(lease: Lease, options: Mapping[str, Any]) -> datetime:
    if options["hours"] is not None:
        if not 0 < options["hours"] <= 24 * 365:
            raise CommandError("--hours must be more than 0 and at most a year. Nothing was changed.")
        return lease.ends_at + timedelta(hours=options["hours"])
    try:
        moment = parse_datetime(options["until"])
    except ValueError:
        moment = None
    if moment is None:
        raise CommandError(f"{options['until']!r} is not a time like 2026-05-04T18:00Z. Nothing was changed.")
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _cells(row: LeaseRow, *, whole: bool) -> tuple[str, ...]:
    lease = row.lease
    return (
        row.reference if whole else row.short,
        row.scope_label or str(lease.scope)[:8],
        row.account_reference or "-",
        lease.state,
        row.age_words,
        str(row.health),
        lease.step or "-",
        row.next_retry or "-",
        str(lease.attempts),
        row.error or "-",
    )


def _cost(row: LeaseRow) -> str:
    lease = row.lease
    if lease.cost_usd is None:
        return ""
    budget = f" of {lease.budget_usd:.2f}" if lease.budget_usd is not None else ""
    return f"{lease.cost_usd:.2f}{budget} USD, {row.cost_age_words} old"
