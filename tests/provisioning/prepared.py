"""A company's account as the tests need it: with our role put there by a StackSet, and things of its own."""

import json
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders

from provisioning.aws import clients, organization, ownership, policies
from provisioning.aws.hub import HOME_REGION
from provisioning.aws.sessions import BOOTSTRAP_ROLE, Session, bootstrap_session, external_id, hub_session

REGION = "us-east-1"


def make(*, declared: bool = True, role_tagged: bool = False) -> str:
    """Create an account outside the sandbox unit, roll the platform role out to it, and return its id."""
    organization.sandbox_unit()  # An organization must exist.
    email = f"company-{uuid.uuid4().hex[:10]}@corp.example.com"
    created = hub_session().call(
        "organizations", "create_account", Email=email, AccountName="company", RoleName=BOOTSTRAP_ROLE
    )["CreateAccountStatus"]
    account_id = str(created["AccountId"])
    if declared:
        declare(account_id)
    roll_out(bootstrap_session(account_id), role_tagged=role_tagged)
    return account_id


def declare(account_id: str) -> None:
    """Let the organization say that the account is a sandbox."""
    hub_session().call(
        "organizations",
        "tag_resource",
        ResourceId=account_id,
        Tags=[{"Key": ownership.TAG, "Value": ownership.VALUE}],
    )


def undeclare(account_id: str) -> None:
    """Take that back."""
    hub_session().call("organizations", "untag_resource", ResourceId=account_id, TagKeys=[ownership.TAG])


def roll_out(session: Session, *, role_tagged: bool = False) -> None:
    """Make the stack instance that a StackSet makes: the platform role, and a logging role of the company's own."""
    hub = organization.hub_account_id()
    trust = policies.trust(hub, external_id=external_id(hub))
    tags = [{"Key": ownership.TAG, "Value": ownership.VALUE}] if role_tagged else []
    template = {
        "Resources": {
            "Platform": _role("gameday-platform", "/platform/", trust, policies.platform(), tags),
            "Logging": _role("corp-logging", "/", policies.trust(hub), policies.platform(), []),
        }
    }
    session.call(
        "cloudformation",
        "create_stack",
        region=REGION,
        StackName=f"StackSet-gameday-{uuid.uuid4()}",
        TemplateBody=json.dumps(template),
        Capabilities=["CAPABILITY_NAMED_IAM"],
    )


@contextmanager
def without_organizations() -> Iterator[Counter[str]]:
    """Refuse every call to Organizations, as AWS does to a hub outside the management account; count them by name."""
    asked: Counter[str] = Counter()

    def refuse(request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        target = request.headers["X-Amz-Target"]
        asked[(target.decode() if isinstance(target, bytes) else target).rpartition(".")[2]] += 1
        said = {"__type": "AccessDeniedException", "Message": "You don't have permissions to access this resource."}
        return AWSResponse(request.url, 400, HTTPHeaders(), _Raw(json.dumps(said).encode()))

    events = clients.client("organizations", HOME_REGION).meta.events
    events.register("before-send.organizations", refuse, unique_id="refused")
    yield asked
    events.unregister("before-send.organizations", unique_id="refused")


class _Raw(BytesIO):
    def stream(self) -> Iterator[bytes]:
        yield self.read()


def _role(name: str, path: str, trust: dict[str, Any], policy: dict[str, Any], tags: list[Any]) -> dict[str, Any]:
    return {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "RoleName": name,
            "Path": path,
            "AssumeRolePolicyDocument": trust,
            "Policies": [{"PolicyName": "access", "PolicyDocument": policy}],
            "Tags": tags,
        },
    }
