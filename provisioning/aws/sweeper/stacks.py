"""CloudFormation stacks: what participants made first, then the starter stack."""

from collections.abc import Iterator
from typing import Any

from provisioning.aws.errors import Conflict, Missing
from provisioning.aws.stacks import LEASE_TAG
from provisioning.aws.sweeper.resource import Found, Place, ResourceType


def _roots(place: Place, *, starter: bool) -> Iterator[Found]:
    for stack in place.items("cloudformation", "describe_stacks", "Stacks[]"):
        ours = any(tag["Key"] == LEASE_TAG for tag in stack.get("Tags", []))
        if stack["StackStatus"] != "DELETE_COMPLETE" and not stack.get("ParentId") and ours == starter:
            yield Found(stack["StackId"], stack["StackId"], stack.get("CreationTime"))


def _delete(place: Place, stack: str) -> None:
    found: dict[str, Any] = place.call("cloudformation", "describe_stacks", StackName=stack)["Stacks"][0]
    status = found["StackStatus"]
    if status == "DELETE_IN_PROGRESS":
        return
    if status != "DELETE_FAILED":
        _delete_protected(place, stack)
        return
    # The second try leaves behind what refused; the sweep takes that one by one.
    try:
        resources = place.items("cloudformation", "list_stack_resources", "StackResourceSummaries[]", StackName=stack)
    except Missing:
        resources = []
    stuck = [each["LogicalResourceId"] for each in resources if each["ResourceStatus"] == "DELETE_FAILED"]
    place.call("cloudformation", "delete_stack", StackName=stack, RetainResources=stuck)


def _delete_protected(place: Place, stack: str) -> None:
    try:
        place.call("cloudformation", "delete_stack", StackName=stack)
    except Conflict as refusal:
        if "TerminationProtection" not in refusal.message:
            raise
        place.call(
            "cloudformation", "update_termination_protection", StackName=stack, EnableTerminationProtection=False
        )
        place.call("cloudformation", "delete_stack", StackName=stack)


TYPES = (
    ResourceType("cloudformation:stack", lambda place: _roots(place, starter=False), _delete),
    ResourceType(
        "cloudformation:starter-stack",
        lambda place: _roots(place, starter=True),
        _delete,
        after=("cloudformation:stack",),
    ),
)
