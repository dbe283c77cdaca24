"""Service control policies at the sandbox unit and at accounts: what is missing, one change at a time.

Each function looks, compares, and returns the first missing change, or None when everything is as wanted; `make`
makes it. Only policies whose names are ours are ever detached or deleted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from provisioning.aws import scps
from provisioning.aws.errors import Conflict, Missing
from provisioning.aws.scps import ControlPolicy
from provisioning.aws.sessions import hub_session

CONTROL = "SERVICE_CONTROL_POLICY"
_OVERTAKEN = {
    "DuplicatePolicyAttachmentException",
    "DuplicatePolicyException",
    "PolicyInUseException",
    "PolicyNotAttachedException",
    "PolicyTypeAlreadyEnabledException",
}
_DESCRIPTION = "Made by GameDay Labs. The name is a hash of the content: make a new one instead of editing it."


@dataclass(frozen=True)
class Change:
    """One call to Organizations that is still to be made, and what it does, in words."""

    words: str
    operation: str
    parameters: Mapping[str, Any]


def make(change: Change) -> None:
    """Make a change; one that another worker has made or prevented meanwhile is no error: whoever asked looks again."""
    try:
        hub_session().call("organizations", change.operation, **change.parameters)
    except Missing:
        return
    except Conflict as error:
        if error.code not in _OVERTAKEN:
            raise


def missing_at_unit(unit: str) -> Change | None:
    """Return what the fixed guardrails still need at the sandbox unit."""
    change = _missing(unit, scps.FIXED_PREFIX, scps.fixed())
    return None if change is None else _enabling() or change


def missing_at_account(account_id: str, wanted: Sequence[ControlPolicy]) -> Change | None:
    """Return what a pack's guardrails still need at an account; those of another pack go first."""
    return _missing(account_id, scps.PACK_PREFIX, wanted)


def left_at_account(account_id: str) -> Change | None:
    """Return what to undo when an account holds no lease any more, and then which pack's policies nothing has."""
    return _missing(account_id, scps.PACK_PREFIX, []) or _unused()


def attached(target: str) -> list[dict[str, Any]]:
    """Return AWS's summaries (Name, Id, …) of the control policies that are attached to a target itself."""
    return hub_session().items(
        "organizations", "list_policies_for_target", "Policies[]", TargetId=target, Filter=CONTROL
    )  # fmt: skip


def is_enabled() -> bool:
    """Tell whether the organization applies service control policies."""
    root = hub_session().items("organizations", "list_roots", "Roots[]")[0]
    return any(each["Type"] == CONTROL and each["Status"] == "ENABLED" for each in root["PolicyTypes"])


def _enabling() -> Change | None:
    if is_enabled():
        return None
    if settings.AWS_MODE != "simulator":
        raise Conflict(
            "PolicyTypeNotEnabled",
            "This organization has not enabled service control policies. Somebody must enable them in its management "
            "account; that is the company's decision, so the platform never does it.",
        )
    root = hub_session().items("organizations", "list_roots", "Roots[].Id")[0]
    return Change(
        "enabled service control policies", "enable_policy_type", {"RootId": root, "PolicyType": CONTROL}
    )  # fmt: skip


def _missing(target: str, prefix: str, wanted: Sequence[ControlPolicy]) -> Change | None:
    names = {policy.name for policy in wanted}
    there = {str(each["Name"]): each["Id"] for each in attached(target)}
    stale = sorted(name for name in there if name.startswith(prefix) and name not in names)
    if stale:
        where = {"PolicyId": there[stale[0]], "TargetId": target}
        return Change(f"detached {stale[0]} from {target}", "detach_policy", where)
    missing = next((policy for policy in wanted if policy.name not in there), None)
    if missing is None:
        return None
    policy_id = _ours().get(missing.name)
    if policy_id is not None:
        where = {"PolicyId": policy_id, "TargetId": target}
        return Change(f"attached {missing.name} to {target}", "attach_policy", where)
    content = {"Name": missing.name, "Description": _DESCRIPTION, "Type": CONTROL, "Content": missing.content}
    return Change(f"made {missing.name}", "create_policy", content)


def _unused() -> Change | None:
    for name, policy_id in sorted(_ours().items()):
        if name.startswith(scps.PACK_PREFIX) and not _targets(policy_id):
            return Change(f"deleted {name}", "delete_policy", {"PolicyId": policy_id})
    return None


def _targets(policy_id: str) -> list[Any]:
    return hub_session().items("organizations", "list_targets_for_policy", "Targets[]", PolicyId=policy_id)


def _ours() -> dict[str, str]:
    policies = hub_session().items("organizations", "list_policies", "Policies[]", Filter=CONTROL)
    prefixes = (scps.FIXED_PREFIX, scps.PACK_PREFIX)
    return {each["Name"]: each["Id"] for each in policies if each["Name"].startswith(prefixes)}
