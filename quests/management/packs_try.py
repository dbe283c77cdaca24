"""`manage.py packs try`: an author's loop around one quest in one sandbox."""

import os
import shlex
import tempfile
import time
from argparse import Namespace
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from django.core.management.base import CommandError, OutputWrapper
from django.utils import timezone

from provisioning.aws.errors import AwsError
from provisioning.aws.sizes import TooLong
from provisioning.domain.access import NoAccess
from provisioning.management.tables import write_table
from provisioning.models import Lease
from quests.domain.packs import blueprint_of, read_folder
from quests.domain.rehearsals import (
    NotRehearsed,
    Stage,
    TaskResult,
    give_back,
    has_stack_of,
    is_over,
    is_ready,
    lease_for,
)
from quests.domain.selftests import SOLUTION
from quests.management.packs_selftest import choose, prepare, turns
from quests.pack import PackDocument, PackError, UnresolvedPlaceholder, render_markdown
from quests.pack.images import names_on_pages
from quests.pack.solution import Attempt

_LOOK_SECONDS = 0.5
_IGNORED = ("__pycache__",)


def run(*, options: Namespace, out: OutputWrapper, err: OutputWrapper) -> None:
    """Keep one sandbox with the pack in it, and judge the quest anew when a file or the sandbox changes."""
    document, _ = prepare(folder=options.folder, on_aws=options.aws)
    choose(document, [options.quest])
    _attempts(document, options)
    with tempfile.TemporaryDirectory(prefix="labs-try-") as desk:
        loop = _Loop(options=options, document=document, desk=Path(desk), out=out, err=err)
        try:
            loop.run()
        except KeyboardInterrupt:
            err.write("\nSweeping the sandbox; Ctrl-C again leaves that to the platform.")
        finally:
            loop.end()


class _Loop:
    """What one run holds: the pack as last read, the sandbox, what the author hands in, and what was last seen."""

    def __init__(
        self, *, options: Namespace, document: PackDocument, desk: Path, out: OutputWrapper, err: OutputWrapper
    ) -> None:
        self.options, self.document, self.desk, self.out, self.err = options, document, desk, out, err
        self.inputs = dict(_given(options.input))
        self.turn = turns()
        self.lease: Lease | None = None
        self.running = ExitStack()

    def run(self) -> None:
        """Deploy and judge; without `--once`, go on until Ctrl-C."""
        stage = self._deploy()
        shown = self._judge(stage, [])
        seen, judged = _snapshot(self.options.folder), time.monotonic()
        while not self.options.once:
            time.sleep(_LOOK_SECONDS)
            changed = _snapshot(self.options.folder)
            if changed != seen:
                seen = changed
                stage = self._reread(stage)
                shown, judged = self._judge(stage, []), time.monotonic()
            elif time.monotonic() - judged >= self.options.every:
                shown, judged = self._judge(stage, shown), time.monotonic()

    def end(self) -> None:
        """Give the sandbox back, and see it swept."""
        self.running.close()
        if self.lease is None:
            return
        give_back(now=timezone.now(), lease=self.lease)
        try:
            self._wait_for(self.lease, over=True)
        except NotRehearsed as why:
            raise CommandError(str(why)) from why

    def _deploy(self) -> Stage:
        """Make a sandbox with the pack as it is; the one before is swept, and its account is used again."""
        self.running.close()
        started = time.monotonic()
        if self.lease is not None:
            give_back(now=timezone.now(), lease=self.lease)
        blueprint = blueprint_of(now=timezone.now(), document=self.document)
        self.err.write("Deploying the stack and its seed…")
        self.lease = lease_for(now=timezone.now(), blueprint=blueprint)
        try:
            self._wait_for(self.lease)
        except NotRehearsed as why:
            raise CommandError(str(why)) from why
        stage = Stage(self.options.folder, self.document, self.lease, timezone.now)
        stage.variables |= {f"inputs.{name}": value for name, value in self.inputs.items()}
        self._attempt(stage)
        shell = self.desk / "player.sh"
        _write_shell(shell, stage.players_keys())
        self.out.write(f"sandbox\taccount {self.lease.account}, ready after {time.monotonic() - started:.0f} s")
        self.out.write(f"shell\t. {shell}    # a player's credentials, in a terminal of their own")
        for name, value in sorted(stage.variables.items()):
            self.out.write(f"variable\t{name} = {value}")
        return stage

    def _wait_for(self, lease: Lease, *, over: bool = False) -> None:
        lease.refresh_from_db()
        while not (is_over(lease) if over else self._is_ready(lease)):
            self.turn()
            lease.refresh_from_db()

    def _is_ready(self, lease: Lease) -> bool:
        return is_ready(lease) and has_stack_of(lease, quest=self.options.quest, now=timezone.now())

    def _attempt(self, stage: Stage) -> None:
        """Do the solution or a near miss once, if the author asked for it; its service runs on."""
        wanted = self.options.attempt
        if not wanted:
            return
        try:
            self.running.enter_context(stage.attempted(_attempts(self.document, self.options)[wanted]))
        except (AwsError, NoAccess, NotRehearsed, UnresolvedPlaceholder) as why:
            self.out.write(f"attempt\t{wanted} could not be made: {why}")

    def _reread(self, stage: Stage) -> Stage:
        """Take the changed files in; what is in the sandbox is made anew only when that has changed."""
        before = stage.lease.blueprint
        try:
            document = read_folder(self.options.folder)
            choose(document, [self.options.quest])
            _attempts(document, self.options)
            blueprint = blueprint_of(now=timezone.now(), document=document)
        except PackError as error:
            for problem in error.problems:
                self.out.write(f"problem\t{problem}")
            return stage
        except (TooLong, CommandError) as error:
            self.out.write(f"problem\t{error}")
            return stage
        attempts_changed = document.solutions != self.document.solutions and bool(self.options.attempt)
        self.document = document
        if blueprint.pk != before.pk or attempts_changed:
            return self._deploy()
        stage.document = document
        return stage

    def _judge(self, stage: Stage, before: list[tuple[str, str]]) -> list[tuple[str, str]]:
        """Show the page and the verdicts unless they are as before; return them in short."""
        results = stage.judge(self.options.quest)
        short = [(result.slug, result.verdict.summary) for result in results]
        if short == before:
            return short
        page = self.desk / f"{self.options.quest}.html"
        images = names_on_pages(self.document.images, self.options.quest)
        shown = {name: os.path.relpath(self.options.folder / file, self.desk) for name, file in images.items()}
        page.write_text(_page(self.document, self.options.quest, stage.variables, shown), encoding="utf-8")
        self.out.write(f"page\t{page.as_uri()}")
        headers = ("task", "outcome", "check", "ms")
        write_table(self.out, headers, [_row(result) for result in results])
        for result in results:
            verdict = result.verdict
            for name in ("asked", "expected", "seen", "advice"):
                if text := getattr(verdict, name):
                    self.out.write(f"{result.slug}\t{name}\t{' '.join(text.split())}")
        return short


def _attempts(document: PackDocument, options: Namespace) -> dict[str, Attempt]:
    """Return the quest's attempts by name; ends the command when the wanted one is not among them."""
    solution = document.solutions.get(options.quest)
    known: dict[str, Attempt] = {SOLUTION: solution.solve, **solution.near_misses} if solution else {}
    if options.attempt and options.attempt not in known:
        raise CommandError(f"There is no attempt {options.attempt!r}. There are: {', '.join(known) or 'none'}.")
    return known


def _row(result: TaskResult) -> tuple[str, str, str, str]:
    verdict = result.verdict
    return result.slug, f"{verdict.outcome}: {verdict.summary}", result.probe, str(verdict.milliseconds)


def _given(inputs: list[str]) -> Iterator[tuple[str, str]]:
    for each in inputs:
        name, equals, value = each.partition("=")
        if not equals or not name:
            raise CommandError(f"--input takes NAME=VALUE, not {each!r}.")
        yield name, value


def _snapshot(folder: Path) -> dict[str, tuple[int, int]]:
    """Return every file of the folder with what changes when it is written."""
    found = {}
    for path in folder.rglob("*"):
        if any(part.startswith(".") or part in _IGNORED for part in path.relative_to(folder).parts):
            continue
        try:
            stat = path.stat()
        except FileNotFoundError:
            continue  # An editor's draft that has just been renamed.
        found[str(path)] = (stat.st_mtime_ns, stat.st_size)
    return found


def _page(document: PackDocument, slug: str, variables: dict[str, object], images: dict[str, str]) -> str:
    quest = document.quest(slug)
    body = render_markdown(quest.body, variables, images)
    coach = render_markdown(quest.coach, variables, images)
    title = quest.title.replace("&", "&amp;").replace("<", "&lt;")
    return (
        f'<!doctype html><meta charset="utf-8"><title>{title}</title><h1>{title}</h1>\n{body}\n'
        f"<hr><h2>For coaches</h2>\n{coach}\n"
    )


def _write_shell(path: Path, variables: dict[str, str]) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write("".join(f"export {name}={shlex.quote(value)}\n" for name, value in variables.items()))
