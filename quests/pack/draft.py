"""A pack while it is being read: what could be understood so far, so that one run reports everything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from quests.pack.document import ProbesFile, SeedFile
from quests.pack.images import content_type_of, names_on_pages
from quests.pack.manifest import Manifest
from quests.pack.problems import Problem
from quests.pack.quest import QuestSpec
from quests.pack.services import ServicesFile
from quests.pack.solution import Attempt, NearMiss
from quests.pack.template import Template
from quests.pack.yaml_source import YamlSource, is_storable

Model = TypeVar("Model", bound=BaseModel)

_WORDING = {
    "missing": "is missing",
    "extra_forbidden": "is not a field of the pack format",
    "dict_type": "must be a mapping",
    "model_type": "must be a mapping",
    "list_type": "must be a list",
    "string_type": "must be text (put it in quotes)",
    "int_type": "must be a whole number",
    "bool_type": "must be true or false",
}


@dataclass
class Draft:
    """The parts of a pack that could be read; a part with problems is None or absent from its mapping."""

    files: Mapping[str, bytes]
    problems: list[Problem] = field(default_factory=list)
    sources: dict[str, YamlSource] = field(default_factory=dict)
    manifest: Manifest | None = None
    template: Template | None = None
    quest_templates: dict[str, Template | None] = field(default_factory=dict)
    seed: SeedFile | None = None
    readiness: ProbesFile | None = None
    probes: ProbesFile | None = None
    services: ServicesFile | None = None
    quests: dict[str, QuestSpec] = field(default_factory=dict)
    pages: dict[str, str] = field(default_factory=dict)
    solutions: dict[str, Attempt] = field(default_factory=dict)
    near_misses: dict[str, dict[str, NearMiss]] = field(default_factory=dict)

    @property
    def outputs(self) -> list[str] | None:
        """What every quest can use: the outputs of the starter stack and of stacks made at warm-up.

        None while nobody can tell.
        """
        if self.template is None:
            return None
        names = list(self.template.outputs)
        for slug, template in self.quest_templates.items():
            quest = self.quests.get(slug)
            if template is None or quest is None:
                return None
            names += template.outputs if quest.stack.created == "warm-up" else []
        return names

    def outputs_of(self, slug: str) -> list[str] | None:
        """Return what a quest can use: the outputs for every quest, and those of its own stack."""
        own = self.quest_templates.get(slug)
        return None if self.outputs is None else [*self.outputs, *(own.outputs if own else [])]

    def images_of(self, slug: str | None) -> list[str]:
        """Return the names under which a quest's pages, or the pack's own, may show images."""
        names = names_on_pages(self.files, slug)
        return [name for name, file in names.items() if content_type_of(self.files[file])]

    def add(self, file: str, message: str, *path: str | int) -> None:
        """Note a problem at a field of a YAML file, or at a whole file."""
        source = self.sources.get(file)
        self.problems.append(source.problem(path, message) if source else Problem(file, 0, "", message))

    def warn(self, file: str, message: str, *path: str | int) -> None:
        """Note what an author should look at, which is no reason to refuse the pack."""
        self.add(file, message, *path)
        self.problems.append(replace(self.problems.pop(), severity="warning"))

    def read_model(self, file: str, kind: type[Model]) -> Model | None:
        """Read a YAML file as that model; None after noting why it is none."""
        content = self.files.get(file)
        if content is None:
            self.add(file, "is missing")
            return None
        source = self.sources[file] = YamlSource(file, content)
        self.problems += source.problems
        if source.problems:
            return None
        try:
            return kind.model_validate(source.data)
        except ValidationError as error:
            for fault in error.errors(include_url=False, include_context=False):
                message = _WORDING.get(fault["type"]) or fault["msg"].removeprefix("Value error, ")
                self.add(file, message[:1].lower() + message[1:], *fault["loc"])
            return None

    def read_page(self, file: str) -> str | None:
        """Read a Markdown page and keep it under `pages`; None after noting why it is none."""
        content = self.files.get(file)
        if content is None:
            self.add(file, "is missing")
            return None
        try:
            page = content.decode("utf-8")
        except UnicodeDecodeError:
            self.add(file, "is not UTF-8 text")
            return None
        if not page.strip():
            self.add(file, "is empty")
        elif not is_storable(page):
            self.add(file, "holds a zero byte")
        self.pages[file] = page
        return page

    def probe_names(self) -> set[str] | None:
        """Return the names that probes.yaml gives, of faulty probes too; None if it cannot be read."""
        source = self.sources.get("probes.yaml")
        data: Any = source.data if source else None
        named = data.get("probes") if isinstance(data, dict) else None
        return set(named) if isinstance(named, dict) else None


def quest_file(slug: str) -> str:
    """Return the path of a quest's YAML file."""
    return f"quests/{slug}/quest.yaml"


def stack_file(slug: str) -> str:
    """Return the path of a quest's own template."""
    return f"quests/{slug}/stack.yaml"


def solve_file(slug: str) -> str:
    """Return the path of a quest's reference solution."""
    return f"solution/quests/{slug}/solve.yaml"


def near_miss_file(slug: str, name: str) -> str:
    """Return the path of one near miss of a quest."""
    return f"solution/quests/{slug}/near-misses/{name}.yaml"
