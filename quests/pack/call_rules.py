"""What calls, expressions, placeholders and texts of a pack must keep to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from quests.pack.calls import AwsCall, ValidateCall
from quests.pack.draft import Draft, near_miss_file, quest_file, solve_file
from quests.pack.expressions import faults
from quests.pack.page_rules import page_faults
from quests.pack.placeholders import PLACEHOLDER, placeholders
from quests.pack.probe_specs import SAVED, AwsProbe, AwsStep, HttpFlowProbe, HttpStep, MetricProbe, ProbeSpec
from quests.pack.problems import Problem

Path = tuple[str | int, ...]

_PLACE = frozenset({"account.id", "region"})
_SEED = _PLACE | {"team.seed"}
_PROBE = _SEED | {"nonce"}


@dataclass(frozen=True)
class CallRules:
    """Checks a draft's calls with AWS's own models, which the caller brings as `validate_call`."""

    draft: Draft
    validate_call: ValidateCall

    def check(self) -> None:
        """Note every broken rule about calls, expressions and placeholders."""
        draft = self.draft
        for index, call in enumerate(draft.seed.calls if draft.seed else ()):
            self._call("seed.yaml", call, ("calls", index))
            self._names("seed.yaml", call.parameters, ("calls", index, "parameters"), _SEED, draft.outputs)
        for name, probe in (draft.readiness.probes if draft.readiness else {}).items():
            self._probe("readiness.yaml", name, probe, inputs=frozenset(), outputs=draft.outputs)
            if not isinstance(probe, AwsProbe):
                draft.add(
                    "readiness.yaml",
                    "is not of the type aws, the only one before a team exists",
                    "probes",
                    name,
                )
        inputs = frozenset(f"inputs.{given.name}" for quest in draft.quests.values() for given in quest.inputs)
        for name, probe in (draft.probes.probes if draft.probes else {}).items():
            self._probe("probes.yaml", name, probe, inputs=inputs, outputs=self._outputs_for(name))
        for slug in draft.quests:
            self._quest(slug)
        for file, page in draft.pages.items():
            slug = file.split("/")[1]
            outputs, images = draft.outputs_of(slug), draft.images_of(slug)
            for number, line in enumerate(page.splitlines(), start=1):
                draft.problems += [Problem(file, number, "", fault) for fault in _unknown_outputs(line, outputs)]
            draft.problems += [Problem(file, number, "", fault) for number, fault in page_faults(page, images)]
        if draft.manifest:
            for _, fault in page_faults(draft.manifest.fiction.briefing, draft.images_of(None)):
                draft.add("pack.yaml", fault, "fiction", "briefing")

    def _quest(self, slug: str) -> None:
        draft, file = self.draft, quest_file(slug)
        quest, outputs = draft.quests[slug], draft.outputs_of(slug)
        for index, prepared in enumerate(quest.workbench):
            self._call(file, prepared, ("workbench", index))
            self._names(file, prepared.parameters, ("workbench", index, "parameters"), _PLACE, outputs)
        for index, hint in enumerate(quest.hints):
            for fault in _unknown_outputs(hint.text, outputs):
                draft.add(file, fault, "hints", index, "text")
            for _, fault in page_faults(hint.text, draft.images_of(slug)):
                draft.add(file, fault, "hints", index, "text")
        attempts = {near_miss_file(slug, name): miss for name, miss in draft.near_misses.get(slug, {}).items()}
        solutions = {solve_file(slug): draft.solutions[slug]} if slug in draft.solutions else {}
        for attempt_file, attempt in (solutions | attempts).items():
            for index, call in enumerate(attempt.calls):
                self._call(attempt_file, call, ("calls", index))
                for name, expression in call.save.items():
                    self._expression(attempt_file, expression, ("calls", index, "save", name))
            saved = {f"saved.{name}" for call in attempt.calls for name in call.save}
            written = attempt.model_dump(exclude_unset=True)
            self._names(attempt_file, written, (), _SEED | saved | {"service.url"}, outputs)

    def _outputs_for(self, probe: str) -> list[str] | None:
        """Return the outputs that a probe can use in every quest that checks with it."""
        draft = self.draft
        outputs = draft.outputs
        users = [slug for slug, quest in draft.quests.items() if any(probe in task.checks for task in quest.tasks)]
        if len(users) == 1:
            outputs = draft.outputs_of(users[0])
        return outputs

    def _probe(
        self, file: str, name: str, probe: ProbeSpec, *, inputs: frozenset[str], outputs: list[str] | None
    ) -> None:
        path: Path = ("probes", name)
        for step_path, step in _steps(probe):
            if isinstance(step, AwsStep):
                self._call(file, step.call, (*path, *step_path, "call"))
                self._expression(file, step.expect, (*path, *step_path, "expect"))
                if step.show:
                    self._expression(file, step.show, (*path, *step_path, "show"))
            elif step.expect.json_holds:
                self._expression(file, step.expect.json_holds, (*path, *step_path, "expect", "json"))
            for saved, expression in getattr(step, "save", {}).items():
                self._expression(file, expression, (*path, *step_path, "save", saved))
        if isinstance(probe, MetricProbe):
            self._call(file, probe.call("2026-01-01T00:00:00Z", "2026-01-01T01:00:00Z"), (*path, "metric"))
        saved_names = {f"{SAVED}{name}" for _, step in _steps(probe) for name in getattr(step, "save", {})}
        self._names(file, probe.model_dump(exclude_unset=True), path, _PROBE | inputs | saved_names, outputs)

    def _call(self, file: str, call: AwsCall, path: Path) -> None:
        manifest = self.draft.manifest
        if manifest and call.iam_prefix not in manifest.services:
            message = f"is “{call.iam_prefix}”, which pack.yaml does not list under services"
            self.draft.add(file, message, *path, "service")
        for fault in self.validate_call(call.service, call.operation, call.parameters):
            self.draft.add(file, fault, *path)

    def _expression(self, file: str, expression: str, path: Path) -> None:
        for fault in faults(expression):
            self.draft.add(file, fault, *path)
        for name in sorted(placeholders(expression)):
            if name.startswith("inputs."):
                self.draft.add(file, f"uses ${{{name}}}: what a team hands in may not shape an expectation", *path)

    def _names(self, file: str, value: object, path: Path, allowed: frozenset[str], outputs: list[str] | None) -> None:
        for place, name in _placeholders_at(value, path):
            if name.startswith("outputs."):
                fault = _output_fault(name, outputs)
            else:
                fault = None if name in allowed else f"uses ${{{name}}}, which has no meaning here"
            if fault:
                self.draft.add(file, fault, *place)


def _unknown_outputs(text: str, outputs: list[str] | None) -> list[str]:
    """Return what is wrong with a text for people, which may show shell variables beside our outputs."""
    names = sorted(name for name in placeholders(text) if name.startswith("outputs."))
    return [fault for name in names if (fault := _output_fault(name, outputs))]


def _output_fault(name: str, outputs: list[str] | None) -> str | None:
    if outputs is None or name.removeprefix("outputs.") in outputs:
        return None
    return f"uses ${{{name}}}, which is no output of stack.yaml"


def _steps(probe: ProbeSpec) -> Iterator[tuple[Path, HttpStep | AwsStep]]:
    if isinstance(probe, HttpStep | AwsStep):
        yield (), probe
    elif isinstance(probe, HttpFlowProbe):
        for index, step in enumerate(probe.steps):
            yield ("steps", index), step


def _placeholders_at(value: object, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(value, str):
        for name in PLACEHOLDER.findall(value):
            yield path, name
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _placeholders_at(key, path)
            yield from _placeholders_at(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _placeholders_at(item, (*path, index))
