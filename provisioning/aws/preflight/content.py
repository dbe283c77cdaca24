"""Whether a pack itself fits: its guardrails, its services, the roles of its starter stack."""

from collections.abc import Sequence
from typing import Any

import yaml

from provisioning.aws import policies, scps
from provisioning.aws.allowances import ALWAYS_ALLOWED, Allowance
from provisioning.aws.preflight.finding import Finding, missing, ok
from provisioning.aws.sizes import TooLong

_IN_EVERY_ACCOUNT = "!Sub arn:aws:iam::${AWS::AccountId}:policy/platform/gameday-boundary"


def look_at_pack(allowance: Allowance, *templates: str) -> list[Finding]:
    """Return what is to be said about a pack and its stacks before any account is looked at."""
    return [_guardrails(allowance), _services(allowance.services), _roles(templates)]


def _guardrails(allowance: Allowance) -> Finding:
    try:
        policies.boundary(allowance)
        policies.participant(allowance)
        count = len(scps.of_pack(allowance))
    except TooLong as error:
        return missing("guardrails fit", str(error), "Shorten the lists in pack.yaml.")
    return ok("guardrails fit", f"The boundary fits, and the control policies fill {count} of 4 places.")


def _services(services: Sequence[str]) -> Finding:
    beyond = sorted({*services} - {*policies.PLATFORM_SERVICES, ALWAYS_ALLOWED})
    if not beyond:
        return ok("services", "Everything that the pack allows can be deleted again.")
    return missing(
        "services",
        f"The sweeper deletes nothing of: {', '.join(beyond)}.",
        "Take them out of the pack's services, or teach the sweeper their types.",
    )


class _Loader(yaml.SafeLoader):
    """Reads CloudFormation's short forms as something; what they mean does not matter here."""


def _short_form(loader: _Loader, _suffix: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.ScalarNode):
        return loader.construct_scalar(node)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    assert isinstance(node, yaml.MappingNode)
    return loader.construct_mapping(node, deep=True)


_Loader.add_multi_constructor("!", _short_form)


def _roles(templates: Sequence[str]) -> Finding:
    unbounded: list[str] = []
    for template in templates:
        try:
            document = yaml.load(template, Loader=_Loader)  # noqa: S506  (a safe loader that also reads short forms)
        except yaml.YAMLError as error:
            return missing("roles of the stacks", f"A template is not valid YAML: {error}", "Correct it.")
        resources = document.get("Resources") if isinstance(document, dict) else None
        unbounded += [
            name
            for name, resource in (resources or {}).items()
            if isinstance(resource, dict)
            and resource.get("Type") == "AWS::IAM::Role"
            and "gameday-boundary" not in str((resource.get("Properties") or {}).get("PermissionsBoundary", ""))
        ]
    if not unbounded:
        return ok("roles of the stacks", "Every role that the pack's stacks make has the boundary, or they make none.")
    return missing(
        "roles of the stacks",
        f"These roles have no boundary, and AWS will refuse to make them: {', '.join(unbounded)}.",
        f"Give each of them PermissionsBoundary: {_IN_EVERY_ACCOUNT}",
    )
