"""YAML files of a pack: plain data with the line of every field, and nothing that YAML could surprise with.

Refused: aliases (they multiply), keys given twice (the last would win silently), tags, and values that JSON
cannot hold, such as dates, infinities and binary data.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import yaml

from quests.pack.problems import Problem

MAX_YAML_DEPTH = 40
Path = tuple[str | int, ...]


class YamlSource:
    """One parsed YAML file; `data` is None where `problems` tell why it could not be read."""

    def __init__(self, file: str, content: bytes) -> None:
        self.file = file
        self.data: Any = None
        self.problems: list[Problem] = []
        self._root: yaml.Node | None = None
        try:
            text = content.decode("utf-8")
            self._root = self._compose(text)
            self.data = yaml.safe_load(text) if self._root and not self.problems else None
        except UnicodeDecodeError as error:
            self._add(0, "", f"is not UTF-8 text (byte {error.start})")
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            self._add(mark.line + 1 if mark else 0, "", f"is not valid YAML: {error.problem or error.context}")
        except (yaml.YAMLError, ValueError) as error:
            self._add(0, "", f"is not valid YAML: {str(error).splitlines()[0]}")
        if self.data is None and not self.problems:
            self._add(0, "", "is empty")
        for path, fault in _unstorable(self.data, ()):
            self.problems.append(self.problem(path, fault))
        if self.problems:
            self.data = None

    def problem(self, path: Path, message: str) -> Problem:
        """Return a problem at the field of that path, or at the nearest one around it that is in the file."""
        line, known = self._locate(path)
        return Problem(self.file, line, ".".join(map(str, known)), message)

    def _compose(self, text: str) -> yaml.Node | None:
        depth = 0
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            mark = event.start_mark
            line = mark.line + 1 if mark else 0
            if isinstance(event, yaml.AliasEvent):
                self._add(line, "", "uses an alias (*name): write the value out")
                return None
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
                if depth > MAX_YAML_DEPTH:
                    self._add(line, "", f"is nested deeper than {MAX_YAML_DEPTH} levels")
                    return None
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        if root is not None:
            for line, key in _duplicate_keys(root):
                self._add(line, key, "is given twice")
        return root

    def _add(self, line: int, field: str, message: str) -> None:
        self.problems.append(Problem(self.file, line, field, message))

    def _locate(self, path: Path) -> tuple[int, Path]:
        """Follow the path; elements that are not in the file (union members) are skipped, save the last."""
        node, line, known = self._root, 1, []
        for position, element in enumerate(path):
            key, child = _child(node, element)
            if child is not None:
                node, line = child, (key or child).start_mark.line + 1
                known.append(element)
            elif position == len(path) - 1:
                known.append(element)
        return line, tuple(known)


def _child(node: yaml.Node | None, element: str | int) -> tuple[yaml.Node | None, yaml.Node | None]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == str(element):
                return key, value
    if isinstance(node, yaml.SequenceNode) and isinstance(element, int) and element < len(node.value):
        return None, node.value[element]
    return None, None


def _duplicate_keys(node: yaml.Node) -> Iterator[tuple[int, str]]:
    if isinstance(node, yaml.SequenceNode):
        for child in node.value:
            yield from _duplicate_keys(child)
    if isinstance(node, yaml.MappingNode):
        seen = set()
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode):
                if key.value in seen:
                    yield key.start_mark.line + 1, key.value
                seen.add(key.value)
            yield from _duplicate_keys(value)


def _unstorable(value: object, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(value, dict):
        for key, item in value.items():
            if isinstance(key, str):
                yield from _unstorable(key, path)
                yield from _unstorable(item, (*path, key))
            else:
                yield path, f"has a key that is no text: {key!r} (put it in quotes)"
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _unstorable(item, (*path, index))
    elif isinstance(value, str):
        if not is_storable(value):
            yield path, "holds a character that cannot be stored (a zero byte or half of a pair)"
    elif isinstance(value, float) and not math.isfinite(value):
        yield path, "is not a finite number"
    elif value is not None and not isinstance(value, bool | int | float):
        yield path, f"is read by YAML as a {type(value).__name__}: put it in quotes"


def is_storable(text: str) -> bool:
    """Return whether a text can be kept as JSON in PostgreSQL: no zero byte, no lone surrogate."""
    return "\0" not in text and not any("\ud800" <= character <= "\udfff" for character in text)
