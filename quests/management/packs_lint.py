"""`manage.py packs lint`: every problem of a pack in one run."""

import json
from pathlib import Path

from django.core.management.base import OutputWrapper
from django.utils import timezone

from quests.domain.linting import lint
from quests.pack import Problem


def run(*, folder: Path, as_json: bool, out: OutputWrapper) -> list[Problem]:
    """Write every problem as FILE:LINE: FIELD: MESSAGE, or all of them as JSON; return the errors among them."""
    problems = lint(now=timezone.now(), folder=folder)
    errors = [problem for problem in problems if problem.severity == "error"]
    if as_json:
        out.write(json.dumps([vars(problem) for problem in problems], indent=2, ensure_ascii=False))
        return errors
    for problem in problems:
        out.write(str(problem))
    if not errors:
        warnings = len(problems)
        out.write(f"{folder}: no errors, {warnings} warning{'' if warnings == 1 else 's'}")
    return errors
