"""`manage.py aws stop-everything`: end every participant's access in every sandbox, from AWS alone."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from provisioning.aws import stopping
from provisioning.aws.errors import AwsError
from provisioning.aws.stopping import Report, Result
from provisioning.management.asking import require_typed

NAME = "stop-everything"
HELP = (
    "Deny participants everything in every sandbox account, at once and until it is undone. Needs neither the database "
    "nor Redis; deletes nothing."
)
EXAMPLES = """It finds the accounts in the organization: those in the sandbox unit whose tag gameday:sandbox=yes (or the
platform role's) says that they are ours. Accounts that were only registered by id are given by --accounts or as
arguments. In each it proves its identity and puts a policy on the participant role that denies everything, for
sessions issued so far too. --stop-compute also stops what the company itself let run in these accounts.

examples:
  manage.py aws stop-everything --dry-run
  manage.py aws stop-everything
  manage.py aws stop-everything --stop-compute --yes
  manage.py aws stop-everything --accounts prepared.csv --only-listed
  manage.py aws stop-everything --undo

It goes on after one account's failure, and exits with 1 if any could not be stopped.
"""
_ID = re.compile(r"(?<!\d)\d{12}(?!\d)", re.ASCII)
AT_ONCE = 8


def add_arguments(parser: CommandParser) -> None:
    """Declare what is stopped and how."""
    parser.add_argument("ids", nargs="*", metavar="ACCOUNT", help="further accounts by their 12-digit ids")
    parser.add_argument("--accounts", type=Path, metavar="FILE", help="a file with further account ids, a list or CSV")
    parser.add_argument("--only-listed", action="store_true", help="do not look in the organization")
    parser.add_argument("--stop-compute", action="store_true", help="also stop what computes; nothing is deleted")
    parser.add_argument("--region", action="append", default=[], help="where to look for compute (default: everywhere)")
    parser.add_argument("--undo", action="store_true", help="allow participants again what their roles allow")
    parser.add_argument("--dry-run", action="store_true", help="say what would be done, and do nothing")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument("--json", action="store_true", help="one JSON document instead of lines")


def run(command: BaseCommand, options: Mapping[str, Any]) -> None:
    """Stop them all; raises CommandError (exit code 1) naming what could not be stopped."""
    listed = _listed(options["ids"], options["accounts"])
    if options["only_listed"] and not listed:
        raise CommandError("--only-listed needs account ids, as arguments or by --accounts FILE. Nothing was done.")
    if options["undo"] and options["stop_compute"]:
        raise CommandError("--undo does not start anything again; leave --stop-compute out. Nothing was done.")
    ours, left, problem = ([], [], "") if options["only_listed"] else _found()
    if problem and not listed:
        raise CommandError(f"{problem} Nothing was done. List accounts by --accounts FILE --only-listed instead.")
    targets = {**dict.fromkeys(listed, ""), **dict(ours)}
    left = [report for report in left if report.account_id not in targets]
    if not options["dry_run"]:
        what = "allow participants again in" if options["undo"] else "deny participants everything in"
        require_typed(
            "allow again" if options["undo"] else "stop everything",
            f"This will {what} {len(targets)} account(s).",
            yes=options["yes"],
        )
    reports = [*left, *_act(targets, options, command)]
    failed = [report for report in reports if report.is_failure]
    if options["json"]:
        document = {
            "accounts": [{**asdict(report), "result": str(report.result)} for report in reports],
            "failed": [report.account_id for report in failed],
            "problem": problem,
        }
        command.stdout.write(json.dumps(document, indent=2))
    else:
        for report in left:
            command.stdout.write(_line(report))
    if problem:
        raise CommandError(f"{problem} Only the listed accounts were acted on.")
    if failed:
        names = ", ".join(report.account_id for report in failed)
        raise CommandError(f"{len(failed)} of {len(reports)} account(s) could not be stopped completely: {names}")
    if not options["json"]:
        command.stdout.write(f"{len(reports) - len(left)} account(s), no failure.")


def _listed(arguments: Iterable[str], file: Path | None) -> list[str]:
    for argument in arguments:
        if not _ID.fullmatch(argument):
            raise CommandError(f"{argument!r} is not an account id of 12 digits. Nothing was done.")
    found = list(arguments)
    if file is not None:
        try:
            text = file.expanduser().read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"{file} cannot be read: {error}. Nothing was done.") from error
        in_file = _ID.findall(re.sub(r"(?<=\d{4})-(?=\d{4})", "", text))
        if not in_file:
            raise CommandError(f"{file} contains no account id of 12 digits. Nothing was done.")
        found += in_file
    return list(dict.fromkeys(found))


def _found() -> tuple[list[tuple[str, str]], list[Report], str]:
    """Return our accounts of the unit, the reports on those that are not or cannot tell, and why none could be read."""
    try:
        members = stopping.candidates()
    except AwsError as error:
        return [], [], f"The organization cannot be read: {error}."
    ours, left = [], []
    for member in members:
        try:
            if stopping.is_ours(member.account_id):
                ours.append((member.account_id, member.name))
            else:
                detail = "nothing says that it is ours; name it to stop it"
                left.append(Report(member.account_id, member.name, Result.NOT_OURS, detail))
        except AwsError as error:
            detail = f"whether it is ours cannot be told ({error}); name it to stop it"
            left.append(Report(member.account_id, member.name, Result.FAILED, detail))
    return ours, left, ""


def _act(targets: Mapping[str, str], options: Mapping[str, Any], command: BaseCommand) -> Iterator[Report]:
    def one(target: tuple[str, str]) -> Report:
        return stopping.act(
            *target,
            undo=options["undo"],
            compute_too=options["stop_compute"],
            dry_run=options["dry_run"],
            regions=options["region"],
        )

    with ThreadPoolExecutor(AT_ONCE) as pool:
        for report in pool.map(one, sorted(targets.items())):
            if not options["json"]:
                command.stdout.write(_line(report))
                command.stdout.flush()
            yield report


def _line(report: Report) -> str:
    parts = [report.detail] if report.detail else []
    if report.stopped:
        parts.append(f"stopped {', '.join(report.stopped)}")
    parts += [f"{what}: {why}" for what, why in report.refused.items()]
    said = f"  {'; '.join(parts)}" if parts else ""
    name = f" ({report.name})" if report.name else ""
    return f"{report.account_id}{name}  {report.result}{said}"
