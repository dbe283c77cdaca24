"""Linting a pack: everything that reading it finds, and what AWS, the sweeper and the guardrails would say to it."""

import importlib
import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from provisioning.aws.allowances import Allowance
from provisioning.aws.calls import UnknownOperation, is_read_only, validate_call
from provisioning.aws.denials import BOUNDARY
from provisioning.aws.refusals import refused_actions, undeletable
from provisioning.aws.sizes import TooLong
from provisioning.domain import guardrails
from provisioning.domain.inventories import known_types
from quests.pack import AwsCall, PackError, Problem
from quests.pack.draft import Draft, near_miss_file, quest_file, solve_file, stack_file
from quests.pack.lint_rules import check_advice
from quests.pack.probe_specs import AwsStep, HttpFlowProbe, InventoryProbe
from quests.pack.reading import draft_pack
from quests.pack.template import StackResource, Template, read_template

_STACK, _AWS_SOLUTION = "stack.yaml", "solution/stack.yaml"
_CFN_LINT_SECONDS = 120
# What cfn-lint only informs about is no news to a pack.
_LEVELS: dict[str, Literal["error", "warning"]] = {"Error": "error", "Warning": "warning"}


def lint(*, now: datetime, folder: Path) -> list[Problem]:
    """Return every problem of a pack folder, errors and warnings, sorted by file and line; none for a good pack."""
    try:
        draft = draft_pack(folder, validate_call=validate_call)
    except PackError as error:
        return error.problems
    check_advice(draft)
    _check_sweepable(draft)
    _check_allowed(draft, now)
    _check_reading(draft)
    _check_listed(draft)
    _check_templates(draft)
    solution = _check_aws_solution(draft)
    draft.problems += _cfn_lint(draft, folder, [*_templates(draft), *solution])
    return sorted(set(draft.problems))


def _check_sweepable(draft: Draft) -> None:
    services = draft.manifest.services if draft.manifest else []
    for service in undeletable(tuple(services)):
        message = f"lists “{service}”: the sweeper cannot delete what teams make there"
        draft.add("pack.yaml", message, "services", services.index(service))


def _check_allowed(draft: Draft, now: datetime) -> None:
    """Note what the solutions and the workbench do and no participant may."""
    manifest = draft.manifest
    if manifest is None:
        return
    allowance = Allowance(tuple(manifest.services), tuple(manifest.regions), now, tuple(manifest.instance_types))
    try:
        guardrails.require_fit(allowance=allowance)
    except TooLong as error:
        draft.add("pack.yaml", f"allows more than AWS's policies can hold: {error}", "services")
        return
    for file, path, call in _participants_calls(draft):
        try:
            refused = refused_actions(allowance, service=call.service, operation=call.operation)
        except UnknownOperation:
            continue  # The call itself has been told.
        for action in refused:
            draft.add(file, f"needs {action}, which the guardrails refuse in every sandbox", *path, "operation")


def _participants_calls(draft: Draft) -> Iterator[tuple[str, tuple[str | int, ...], AwsCall]]:
    for slug, quest in draft.quests.items():
        for index, prepared in enumerate(quest.workbench):
            yield quest_file(slug), ("workbench", index), prepared
    for slug, solution in draft.solutions.items():
        for index, call in enumerate(solution.calls):
            yield solve_file(slug), ("calls", index), call
    for slug, misses in draft.near_misses.items():
        for name, miss in misses.items():
            for index, call in enumerate(miss.calls):
                yield near_miss_file(slug, name), ("calls", index), call


def _check_reading(draft: Draft) -> None:
    """Note probes that would change something: the platform only reads in a team's sandbox."""
    for file, probes in (("probes.yaml", draft.probes), ("readiness.yaml", draft.readiness)):
        for name, probe in probes.probes.items() if probes else ():
            steps = enumerate(probe.steps) if isinstance(probe, HttpFlowProbe) else [(None, probe)]
            for index, step in steps:
                if isinstance(step, AwsStep) and not is_read_only(step.call.operation):
                    place = () if index is None else ("steps", index)
                    message = "does not only read, and the platform changes nothing in a team's sandbox"
                    draft.add(file, message, "probes", name, *place, "call", "operation")


def _check_listed(draft: Draft) -> None:
    """Note inventories of types that nobody can list: their verdicts would all be errors."""
    known = known_types()
    for name, probe in draft.probes.probes.items() if draft.probes else ():
        for index, each in enumerate(probe.types) if isinstance(probe, InventoryProbe) else ():
            if each not in known:
                message = f"counts “{each}”, which is no type that the sweeper knows"
                draft.add("probes.yaml", message, "probes", name, "types", index)


def _templates(draft: Draft) -> dict[str, Template]:
    """Return every template that could be read, by its file."""
    own = {stack_file(slug): template for slug, template in draft.quest_templates.items()}
    return {file: template for file, template in {_STACK: draft.template, **own}.items() if template}


def _check_templates(draft: Draft) -> None:
    modelled = simulated_types()
    for file, template in _templates(draft).items():
        for resource in template.resources:
            draft.problems += _unbounded(file, resource)
            if modelled is not None and resource.type not in modelled:
                message = f"is of the type {resource.type}, which the simulator leaves out without a word"
                draft.problems.append(Problem(file, resource.line, f"Resources.{resource.name}", message, "warning"))


def _check_aws_solution(draft: Draft) -> list[str]:
    """Note what is wrong with the services that the pack has for AWS, and return the file if it can be read.

    The simulator need not know their types.
    """
    if _AWS_SOLUTION not in draft.files:
        return []
    template, problems = read_template(_AWS_SOLUTION, draft.files[_AWS_SOLUTION])
    draft.problems += problems
    for resource in template.resources if not problems else ():
        draft.problems += _unbounded(_AWS_SOLUTION, resource)
    return [] if problems else [_AWS_SOLUTION]


def _unbounded(file: str, resource: StackResource) -> list[Problem]:
    """Return the problem of a role that AWS would refuse."""
    bound = resource.properties.get("PermissionsBoundary", [])
    if resource.type != "AWS::IAM::Role" or any(text.endswith(f"policy/{BOUNDARY}") for text in bound):
        return []
    message = f"must have a PermissionsBoundary that ends in policy/{BOUNDARY}: AWS refuses it otherwise"
    return [Problem(file, resource.line, f"Resources.{resource.name}", message)]


def simulated_types() -> frozenset[str] | None:
    """Return the types of resources that the simulator's CloudFormation makes; None where no simulator is installed."""
    try:
        parsing = importlib.import_module("moto.cloudformation.parsing")
    except ImportError:
        return None
    return frozenset({*parsing.get_model_map(), *parsing.NULL_MODELS})


def _cfn_lint(draft: Draft, folder: Path, files: list[str]) -> list[Problem]:
    """Return what cfn-lint says of these templates; where it is not installed, that nobody asked it."""
    if not files:
        return []
    program = Path(sys.executable).with_name("cfn-lint")
    if not program.exists():
        return [Problem(files[0], 0, "", "was not seen by cfn-lint, which is not installed here", "warning")]
    regions = draft.manifest.regions if draft.manifest else []
    command = [str(program), "--format", "json", *(["--regions", *regions] if regions else []), "--", *files]
    environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
    try:
        answer = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=_CFN_LINT_SECONDS
        )
        found = json.loads(answer.stdout or "[]")
    except (OSError, subprocess.TimeoutExpired, ValueError) as error:
        return [Problem(files[0], 0, "", f"could not be seen by cfn-lint: {type(error).__name__}", "warning")]
    return [_as_problem(match) for match in found if match["Level"] in _LEVELS]


def _as_problem(match: dict[str, Any]) -> Problem:
    where = match["Location"]
    field = ".".join(map(str, where.get("Path") or []))
    message = f"{match['Message']} (cfn-lint {match['Rule']['Id']})"
    return Problem(match["Filename"], where["Start"]["LineNumber"], field, message, _LEVELS[match["Level"]])
