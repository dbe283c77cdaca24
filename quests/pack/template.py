"""CloudFormation templates as far as a pack must know them: which resources and outputs there are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import yaml

from quests.pack.problems import Problem

# CloudFormation's own limit for a template that is sent with the request.
MAX_TEMPLATE_BYTES = 51_200


@dataclass(frozen=True)
class StackResource:
    """A resource of a template: name, type, the line it stands on, and the scalars inside each of its properties."""

    name: str
    type: str
    line: int
    properties: dict[str, list[str]]


@dataclass(frozen=True)
class StackParameter:
    """A parameter of a template; without a default somebody must give it a value."""

    type: str
    has_default: bool
    allowed: list[str]


@dataclass(frozen=True)
class Template:
    """What a pack must know of its template."""

    outputs: list[str]
    resources: list[StackResource]
    parameters: dict[str, StackParameter]


def read_template(file: str, content: bytes) -> tuple[Template, list[Problem]]:
    """Return what a template holds, and what is wrong with it.

    The file is only composed, never constructed, so short forms such as `!Ref` need no meaning here.
    """
    nothing = Template([], [], {})
    if len(content) > MAX_TEMPLATE_BYTES:
        return nothing, [Problem(file, 0, "", f"is larger than {MAX_TEMPLATE_BYTES:,} bytes, CloudFormation's limit")]
    try:
        text = content.decode("utf-8")
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            if isinstance(event, yaml.AliasEvent):
                line = event.start_mark.line + 1 if event.start_mark else 0
                return nothing, [Problem(file, line, "", "uses an alias (*name), which CloudFormation refuses")]
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except UnicodeDecodeError:
        return nothing, [Problem(file, 0, "", "is not UTF-8 text")]
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        return nothing, [Problem(file, line, "", f"is not valid YAML: {error.problem}")]
    except (yaml.YAMLError, RecursionError) as error:
        return nothing, [Problem(file, 0, "", f"is not valid YAML: {type(error).__name__}")]
    sections = _mapping(root)
    problems = []
    if not _mapping(sections.get("Resources")):
        problems.append(Problem(file, 0, "Resources", "is missing or empty"))
    outputs, resources = list(_mapping(sections.get("Outputs"))), list(_resources(sections.get("Resources")))
    return Template(outputs, resources, dict(_parameters(sections.get("Parameters")))), problems


def _parameters(section: yaml.Node | None) -> Iterator[tuple[str, StackParameter]]:
    for name, node in _mapping(section).items():
        parts = _mapping(node)
        kind = parts.get("Type")
        allowed = parts.get("AllowedValues")
        yield (
            name,
            StackParameter(
                type=str(kind.value) if isinstance(kind, yaml.ScalarNode) else "",
                has_default="Default" in parts,
                allowed=list(_scalars(allowed)) if allowed else [],
            ),
        )


def _resources(section: yaml.Node | None) -> Iterator[StackResource]:
    for name, node in _mapping(section).items():
        parts = _mapping(node)
        kind = parts.get("Type")
        properties = {key: list(_scalars(value)) for key, value in _mapping(parts.get("Properties")).items()}
        line = node.start_mark.line + (0 if isinstance(node, yaml.MappingNode) and not node.flow_style else 1)
        yield StackResource(name, str(kind.value) if isinstance(kind, yaml.ScalarNode) else "", line, properties)


def _scalars(node: yaml.Node) -> Iterator[str]:
    if isinstance(node, yaml.ScalarNode):
        yield node.value
    elif isinstance(node, yaml.SequenceNode):
        for child in node.value:
            yield from _scalars(child)
    elif isinstance(node, yaml.MappingNode):
        for _, child in node.value:
            yield from _scalars(child)


def _mapping(node: yaml.Node | None) -> dict[str, yaml.Node]:
    if not isinstance(node, yaml.MappingNode):
        return {}
    return {key.value: value for key, value in node.value if isinstance(key, yaml.ScalarNode)}
