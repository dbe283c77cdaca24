"""CloudFormation templates as far as a pack must know them: which outputs there are."""

from __future__ import annotations

import yaml

from quests.pack.problems import Problem

# CloudFormation's own limit for a template that is sent with the request.
MAX_TEMPLATE_BYTES = 51_200


def read_outputs(file: str, content: bytes) -> tuple[list[str], list[Problem]]:
    """Return the names of a template's outputs, and what is wrong with the template.

    The file is only composed, never constructed, so short forms such as `!Ref` need no meaning here.
    """
    if len(content) > MAX_TEMPLATE_BYTES:
        return [], [Problem(file, 0, "", f"is larger than {MAX_TEMPLATE_BYTES:,} bytes, CloudFormation's limit")]
    try:
        root = yaml.compose(content.decode("utf-8"), Loader=yaml.SafeLoader)
    except UnicodeDecodeError:
        return [], [Problem(file, 0, "", "is not UTF-8 text")]
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        return [], [Problem(file, line, "", f"is not valid YAML: {error.problem}")]
    except (yaml.YAMLError, RecursionError) as error:
        return [], [Problem(file, 0, "", f"is not valid YAML: {type(error).__name__}")]
    sections = _mapping(root)
    problems = []
    if not _mapping(sections.get("Resources")):
        problems.append(Problem(file, 0, "Resources", "is missing or empty"))
    return list(_mapping(sections.get("Outputs"))), problems


def _mapping(node: yaml.Node | None) -> dict[str, yaml.Node]:
    if not isinstance(node, yaml.MappingNode):
        return {}
    return {key.value: value for key, value in node.value if isinstance(key, yaml.ScalarNode)}
