"""A sandbox's own stacks: found by name, compared by their tags, created once, deleted to be made anew."""

from collections.abc import Mapping
from dataclasses import dataclass

from provisioning.aws.errors import Missing
from provisioning.aws.sessions import Session

LEASE_TAG, ATTEMPT_TAG = "gameday:lease", "gameday:attempt"


@dataclass(frozen=True)
class Stack:
    """A stack as AWS describes it."""

    name: str
    status: str
    reason: str
    tags: Mapping[str, str]
    outputs: Mapping[str, str]

    @property
    def is_complete(self) -> bool:
        """Everything in it stands."""
        return self.status in ("CREATE_COMPLETE", "UPDATE_COMPLETE")

    @property
    def is_moving(self) -> bool:
        """AWS is still at work on it."""
        return self.status.endswith("_IN_PROGRESS")

    @property
    def is_gone(self) -> bool:
        """It has been deleted."""
        return self.status == "DELETE_COMPLETE"


def find(session: Session, *, region: str, name: str) -> Stack | None:
    """Return a stack by name, or None when there is none."""
    try:
        found = session.call("cloudformation", "describe_stacks", region=region, StackName=name)["Stacks"]
    except Missing:
        return None
    if not found:
        return None
    stack = found[0]
    return Stack(
        name=stack["StackName"],
        status=stack["StackStatus"],
        reason=stack.get("StackStatusReason", ""),
        tags={tag["Key"]: tag["Value"] for tag in stack.get("Tags", [])},
        outputs={output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])},
    )


def create(
    session: Session,
    *,
    region: str,
    name: str,
    token: str,
    template: str,
    parameters: Mapping[str, str],
    tags: Mapping[str, str],
) -> None:
    """Ask for a stack; the token makes a repeated request one request."""
    session.call(
        "cloudformation",
        "create_stack",
        region=region,
        StackName=name,
        ClientRequestToken=token,
        TemplateBody=template,
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
        Tags=[{"Key": key, "Value": value} for key, value in tags.items()],
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"],
        OnFailure="ROLLBACK",
    )


def delete(session: Session, *, region: str, stack: Stack) -> None:
    """Ask for a stack's deletion; what a first try could not delete is left where it is by the second."""
    stuck: dict[str, list[str]] = {}
    if stack.status == "DELETE_FAILED":
        listed = session.items(
            "cloudformation", "list_stack_resources", "StackResourceSummaries[]", region=region, StackName=stack.name
        )
        failed = [each["LogicalResourceId"] for each in listed if each["ResourceStatus"] == "DELETE_FAILED"]
        stuck = {"RetainResources": failed}
    session.call("cloudformation", "delete_stack", region=region, StackName=stack.name, **stuck)


def failures(session: Session, *, region: str, name: str) -> str:
    """Return in words which resources of a stack failed and why."""
    events = session.items("cloudformation", "describe_stack_events", "StackEvents[]", region=region, StackName=name)
    said = [
        f"{event.get('LogicalResourceId')}: {event.get('ResourceStatusReason')}"
        for event in events
        if str(event.get("ResourceStatus", "")).endswith("_FAILED") and event.get("ResourceStatusReason")
    ]
    return "; ".join(reversed(said[-5:]))
