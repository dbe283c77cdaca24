"""What values for a template's parameters must keep to: what the template asks for, no more and no less."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from quests.pack.draft import Draft, quest_file, stack_file
from quests.pack.parameters import ParameterValue, as_text
from quests.pack.placeholders import placeholders
from quests.pack.template import StackParameter, Template

_KNOWN = frozenset({"account.id", "region", "team.seed"})


def check_parameters(draft: Draft) -> None:
    """Note every value that its template would refuse, is missing, or stands for nothing when the stack is made."""
    if draft.manifest and draft.template:
        check = _Check(draft, "pack.yaml", ("parameters",), "stack.yaml", draft.template, _KNOWN)
        check.all(draft.manifest.parameters)
    for slug, template in draft.quest_templates.items():
        quest = draft.quests.get(slug)
        if quest is None or template is None:
            continue
        # Stacks of the warm-up are made side by side: none can wait for another's outputs.
        before = draft.template.outputs if draft.template else []
        usable = before if quest.stack.created == "warm-up" else draft.outputs or before
        known = _KNOWN | {f"outputs.{name}" for name in usable}
        check = _Check(draft, quest_file(slug), ("stack", "parameters"), stack_file(slug), template, known)
        check.all(quest.stack.parameters)


@dataclass(frozen=True)
class _Check:
    draft: Draft
    file: str
    path: tuple[str, ...]
    source: str
    template: Template
    known: frozenset[str]

    def all(self, values: Mapping[str, ParameterValue]) -> None:
        for name, value in values.items():
            asked = self.template.parameters.get(name)
            if asked is None:
                self.draft.add(self.file, f"is no parameter of {self.source}", *self.path, name)
            elif fault := self._fault(asked, value):
                self.draft.add(self.file, fault, *self.path, name)
        for name, asked in self.template.parameters.items():
            if name not in values and not asked.has_default:
                self.draft.add(self.file, f"gives no value for “{name}”, which {self.source} asks for", *self.path)

    def _fault(self, asked: StackParameter, value: ParameterValue) -> str | None:
        names = placeholders(value)
        if unknown := sorted(names - self.known):
            return f"uses ${{{unknown[0]}}}, which has no meaning when this stack is made"
        takes_many = asked.type == "CommaDelimitedList" or "List<" in asked.type
        if isinstance(value, list) and not takes_many:
            return f"is a list, and {self.source} asks for one {asked.type}"
        if names:
            return None
        if asked.type == "Number" and not _is_number(as_text(value)):
            return f"is “{as_text(value)}”, and {self.source} asks for a number"
        given = value if isinstance(value, list) else [as_text(value)]
        refused = [text for text in given if asked.allowed and text not in asked.allowed]
        return f"is “{refused[0]}”; {self.source} allows {', '.join(asked.allowed)}" if refused else None


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
