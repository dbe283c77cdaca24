"""`manage.py packs selftest`: play a pack for real and say what is not as it should be."""

import json
import logging
import time
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.core.cache import cache
from django.core.management.base import CommandError, OutputWrapper
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from provisioning.aws.sizes import TooLong
from provisioning.domain import simulator, work
from provisioning.management.tables import write_table
from provisioning.models import Blueprint
from quests.domain.packs import blueprint_of, read_folder
from quests.domain.selftests import Conduct, Report, Row, selftest
from quests.pack import PackDocument
from quests.tasks import LAST_TICK

# Beat ticks every second or so; after this long nobody does the work but us.
_TICK_IS_OLD_SECONDS = 15.0
_PAUSE_SECONDS = 0.2


def run(*, folder: Path, quests: list[str], options: Namespace, out: OutputWrapper, err: OutputWrapper) -> Report:
    """Self-test the folder, showing progress on `err` and the table, or JSON, on `out`."""
    document, blueprint = prepare(folder=folder, on_aws=options.aws)
    chosen = choose(document, quests)
    started = time.monotonic()
    progress = Progress(err)
    conduct = Conduct(clock=timezone.now, turn=turns(), tell=progress.tell, keep=options.keep)
    try:
        report = selftest(folder=folder, document=document, blueprint=blueprint, quests=chosen, conduct=conduct)
    finally:
        progress.end()
    show(report, document, seconds=time.monotonic() - started, as_json=options.json, out=out)
    return report


def prepare(*, folder: Path, on_aws: bool) -> tuple[PackDocument, Blueprint]:
    """Read the pack and register what its sandboxes hold; ends the command when it must not run against this AWS."""
    if on_aws and settings.AWS_MODE != "aws":
        raise CommandError("--aws needs an installation on real AWS (AWS_MODE=aws); this one is on the simulator.")
    if settings.AWS_MODE == "aws" and not on_aws:
        raise CommandError("This installation is on real AWS, where sandboxes cost money: say so with --aws.")
    document = read_folder(folder)
    try:
        return document, blueprint_of(now=timezone.now(), document=document)
    except TooLong as error:
        raise CommandError(str(error)) from error


def choose(document: PackDocument, wanted: list[str]) -> list[str]:
    """Return the slugs of the wanted quests in the pack's order, all without any; ends the command on another."""
    every = [quest.slug for quest in document.quests]
    for slug in wanted:
        if slug not in every:
            raise CommandError(f"The pack has no quest {slug!r}. It has: {', '.join(every)}.")
    return [slug for slug in every if not wanted or slug in wanted]


def turns() -> Callable[[], None]:
    """Return what lets sandboxes move on: a pause where workers run, else the workers' work done in this process."""
    if _workers_run():
        return lambda: time.sleep(_PAUSE_SECONDS)
    # The steps' own log would drown the command's output; what goes wrong is in the report.
    logging.getLogger("provisioning").setLevel(logging.ERROR)
    simulator.notice_restart(now=timezone.now())

    def turn() -> None:
        if not sum(work.do(work=each, clock=timezone.now) for each in work.find(now=timezone.now())):
            time.sleep(_PAUSE_SECONDS)

    return turn


def _workers_run() -> bool:
    ticked = parse_datetime(cache.get(LAST_TICK) or "")
    return ticked is not None and (timezone.now() - ticked).total_seconds() < _TICK_IS_OLD_SECONDS


class Progress:
    """One line that is written over on a terminal; a line for each thing told in a pipe."""

    def __init__(self, out: OutputWrapper) -> None:
        self._out = out
        self._width = 0

    def tell(self, words: str) -> None:
        """Say what is being done now."""
        if not self._out.isatty():
            self._out.write(words)
            return
        self._out.write("\r" + words.ljust(self._width), ending="")
        self._out.flush()
        self._width = len(words)

    def end(self) -> None:
        """Leave a terminal's line empty."""
        if self._out.isatty():
            self._out.write("\r" + " " * self._width + "\r", ending="")


def show(report: Report, document: PackDocument, *, seconds: float, as_json: bool, out: OutputWrapper) -> None:
    """Write a table per quest and every surprise in full, or all of it as JSON."""
    if as_json:
        written = {
            "pack": document.pack.slug,
            "version": document.pack.version,
            "ok": not report.surprises,
            "seconds": round(seconds, 1),
            "kept_lease": str(report.kept.pk) if report.kept else None,
            "rows": [vars(row) for row in report.rows],
        }
        out.write(json.dumps(written, indent=2))
        return
    for slug in dict.fromkeys(row.quest for row in report.rows):
        rows = merged([row for row in report.rows if row.quest == slug])
        if out.isatty():
            out.write(f"\n{document.quest(slug).title} ({slug})\n")
        headers = ("quest", "attempt", "expected", "result")
        cells = [(row.quest, row.attempt, row.expected, "surprise" if row.surprise else "ok") for row in rows]
        write_table(out, headers, cells)
    for row in report.surprises:
        out.write(f"surprise\t{row.quest}\t{row.attempt}\t{row.surprise}")
    if report.kept:
        out.write(f"kept: lease {report.kept.pk}, account {report.kept.account}, until {report.kept.ends_at:%H:%M} UTC")
    if out.isatty():
        out.write(f"\n{len(report.rows)} looks, {len(report.surprises)} surprises, {seconds:.0f} s")


def merged(rows: list[Row]) -> list[Row]:
    """Show once what was the same in every sandbox of a quest: that all tasks fail at first, and clean teardowns."""
    shown: dict[Row, None] = {}
    for row in rows:
        name = row.attempt.partition(" after ")[0]
        shown[row if row.surprise else Row(row.quest, name, row.expected)] = None
    return list(shown)
