"""Policy documents decide as AWS would, and fail safe where they are not understood."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from labs.local.gate.policy.conditions import Facts
from labs.local.gate.policy.documents import MalformedPolicy, parse_policy
from labs.local.gate.policy.evaluation import Access, Decision, Grant, decide, trusts

NOW = datetime(2030, 5, 1, 12, tzinfo=UTC)
ROLE = "arn:aws:iam::111111111111:role/player"
ALLOW_ALL = {"Effect": "Allow", "Action": "*", "Resource": "*"}


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def access(action: str = "sqs:SendMessage", resource: str | None = None, **facts: str | None) -> Access:
    values: dict[str, str | None] = {
        "aws:CurrentTime": NOW.isoformat(),
        "aws:TokenIssueTime": NOW.isoformat(),
        "aws:RequestedRegion": "eu-west-1",
        "aws:PrincipalArn": ROLE,
        "iam:PermissionsBoundary": None,
        "sts:ExternalId": None,
    }
    values.update({name.replace("__", ":"): value for name, value in facts.items()})
    return Access(action, resource, Facts(values))


def allowed(*statements: dict[str, Any], wanted: Access | None = None, boundary: str | None = None) -> bool:
    return decide(Grant([policy(*statements)], boundary), wanted or access()).allowed


def deny_when(condition: dict[str, Any]) -> dict[str, Any]:
    return {"Sid": "Guard", "Effect": "Deny", "Action": "*", "Resource": "*", "Condition": condition}


def test_nothing_is_allowed_without_a_statement() -> None:
    assert decide(Grant([]), access()).reason == "no identity policy of the role allows it"


@pytest.mark.parametrize("pattern", ["*", "sqs:*", "SQS:Send*", "sqs:SendMessag?", "sqs:SendMessage"])
def test_action_patterns_match_without_regard_to_case(pattern: str) -> None:
    assert allowed({"Effect": "Allow", "Action": ["s3:GetObject", pattern], "Resource": "*"})


@pytest.mark.parametrize("pattern", ["sqs:Send", "sqs", "s?s", "sqs:SendMessages", "sns:*", "[a-z]*"])
def test_other_action_patterns_do_not_match(pattern: str) -> None:
    assert not allowed({"Effect": "Allow", "Action": pattern, "Resource": "*"})


def test_not_action_allows_everything_else() -> None:
    statement = {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}
    assert allowed(statement)
    assert not allowed(statement, wanted=access("iam:CreateUser"))


def test_an_explicit_deny_wins_and_names_its_statement() -> None:
    documents = [policy(ALLOW_ALL), policy({"Sid": "NoQueues", "Effect": "Deny", "Action": "sqs:*", "Resource": "*"})]
    decision = decide(Grant(documents), access())
    assert not decision.allowed
    assert decision.reason == "an explicit deny in the identity policy of the role applies (NoQueues)"


def test_the_boundary_must_allow_too() -> None:
    boundary = policy({"Effect": "Allow", "Action": "dynamodb:*", "Resource": "*"})
    assert not allowed(ALLOW_ALL, boundary=boundary)
    assert allowed(ALLOW_ALL, wanted=access("dynamodb:PutItem"), boundary=boundary)


def test_a_boundary_alone_allows_nothing() -> None:
    assert not decide(Grant([], policy(ALLOW_ALL)), access()).allowed


def test_a_session_policy_narrows() -> None:
    grant = Grant([policy(ALLOW_ALL)], None, [policy({"Effect": "Allow", "Action": "s3:*", "Resource": "*"})])
    assert not decide(grant, access()).allowed
    assert decide(grant, access("s3:GetObject")).allowed


@pytest.mark.parametrize(
    ("condition", "denied"),
    [
        ({"StringNotEquals": {"aws:RequestedRegion": ["eu-west-1", "eu-central-1"]}}, False),
        ({"StringNotEquals": {"aws:RequestedRegion": ["us-east-1", "eu-central-1"]}}, True),
        ({"StringEquals": {"aws:requestedregion": "eu-west-1"}}, True),
        ({"DateGreaterThan": {"aws:CurrentTime": "2030-05-01T11:59:59Z"}}, True),
        ({"DateGreaterThan": {"aws:CurrentTime": "2030-05-01T12:00:00Z"}}, False),
        ({"DateLessThan": {"aws:TokenIssueTime": "2030-05-01T12:00:01.000Z"}}, True),
        ({"DateLessThan": {"aws:TokenIssueTime": "2030-05-01T14:00:00+02:00"}}, False),
        ({"DateLessThan": {"aws:CurrentTime": "2000000000"}}, True),
        ({"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/platform"}}, True),
        ({"ArnNotLike": {"aws:PrincipalArn": ["arn:aws:iam::*:role/platform", "arn:aws:iam::*:role/pl*"]}}, False),
        ({"StringNotEquals": {"iam:PermissionsBoundary": "arn:aws:iam::111111111111:policy/edge"}}, True),
        ({"Null": {"iam:PermissionsBoundary": "true"}}, True),
        ({"Null": {"aws:RequestedRegion": "true"}}, False),
        ({"StringEqualsIfExists": {"sts:ExternalId": "x"}}, True),
        ({"StringEquals": {"aws:PrincipalTag/team": "dodo"}}, False),
        ({"StringEquals": {"aws:RequestedRegion": "eu-west-1"}, "Null": {"sts:ExternalId": "false"}}, False),
    ],
)
def test_conditions(condition: dict[str, Any], denied: bool) -> None:
    assert allowed(ALLOW_ALL, deny_when(condition)) is not denied


@pytest.mark.parametrize(
    ("condition", "told"),
    [
        ({"StringEquals": {"aws:SourceVpc": "vpc-1"}}, "aws:SourceVpc"),
        ({"ForAnyValue:StringEquals": {"aws:RequestedRegion": "x"}}, "ForAnyValue:StringEquals"),
        ({"DateLessThan": {"aws:CurrentTime": "soon"}}, "soon"),
        ({"StringEquals": {"aws:RequestedRegion": "${aws:username}"}}, "policy variables"),
    ],
)
def test_what_is_not_understood_denies_in_a_deny_and_does_not_allow_in_an_allow(
    condition: dict[str, Any], told: str
) -> None:
    decision = decide(Grant([policy(ALLOW_ALL, deny_when(condition))]), access())
    assert not decision.allowed
    assert told in decision.reason
    assert not allowed({**ALLOW_ALL, "Condition": condition})


def test_resources_match_by_pattern() -> None:
    statement = {"Effect": "Allow", "Action": "sqs:*", "Resource": "arn:aws:sqs:*:*:orders-*"}
    assert allowed(statement, wanted=access(resource="arn:aws:sqs:eu-west-1:111111111111:orders-1"))
    assert not allowed(statement, wanted=access(resource="arn:aws:sqs:eu-west-1:111111111111:parcels"))


def test_not_resource_spares_what_it_names() -> None:
    guard = {"Effect": "Deny", "Action": "*", "NotResource": "arn:aws:sqs:*:*:orders-*"}
    assert allowed(ALLOW_ALL, guard, wanted=access(resource="arn:aws:sqs:eu-west-1:111111111111:orders-1"))
    assert not allowed(ALLOW_ALL, guard, wanted=access(resource="arn:aws:sqs:eu-west-1:111111111111:parcels"))


def test_an_unknown_resource_matches_an_allow_and_not_a_deny() -> None:
    specific = "arn:aws:ec2:*:*:instance/*"
    assert allowed({"Effect": "Allow", "Action": "*", "Resource": specific})
    assert allowed(ALLOW_ALL, {"Effect": "Deny", "Action": "*", "Resource": specific})


@pytest.mark.parametrize(
    "text",
    [
        "no json",
        "[]",
        "{}",
        '{"Statement": [1]}',
        '{"Statement": {"Effect": "Perhaps", "Action": "*"}}',
        '{"Statement": {"Effect": "Allow", "Resource": "*"}}',
        '{"Statement": {"Effect": "Allow", "Action": 7}}',
        '{"Statement": {"Effect": "Allow", "Action": "*", "Condition": {"Bool": "x"}}}',
    ],
)
def test_a_malformed_document_denies_and_says_so(text: str) -> None:
    with pytest.raises(MalformedPolicy):
        parse_policy(text)
    decision = decide(Grant([policy(ALLOW_ALL), text]), access())
    assert not decision.allowed
    assert "malformed" in decision.reason


def trust(**changes: Any) -> str:
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"sts:ExternalId": "secret"}},
    }
    return policy(statement | changes)


HUB = frozenset({"123456789012", "arn:aws:iam::123456789012:root", "arn:aws:iam::123456789012:user/hub"})


@pytest.mark.parametrize(
    ("document", "external_id", "trusted"),
    [
        (trust(), "secret", True),
        (trust(), "guess", False),
        (trust(), None, False),
        (trust(Principal={"AWS": ["123456789012"]}), "secret", True),
        (trust(Principal="*"), "secret", True),
        (trust(Principal={"AWS": "arn:aws:iam::222222222222:root"}), "secret", False),
        (trust(Principal={"Service": "ec2.amazonaws.com"}), "secret", False),
        (trust(Action="sts:TagSession"), "secret", False),
        (trust(Effect="Deny", Condition={}), "secret", False),
    ],
)
def test_trust(document: str, external_id: str | None, trusted: bool) -> None:
    wanted = access("sts:AssumeRole", ROLE, sts__ExternalId=external_id)
    assert trusts(document, principals=HUB, access=wanted).allowed is trusted


def under(*levels: list[str], wanted: Access | None = None) -> Decision:
    control = [(f"level {number}", documents) for number, documents in enumerate(levels)]
    return decide(Grant([policy(ALLOW_ALL)], control=control), wanted or access())


def test_every_level_of_the_organization_must_allow() -> None:
    full, queues = policy(ALLOW_ALL), policy({"Effect": "Allow", "Action": "sqs:*", "Resource": "*"})
    assert under([full], [full], [full]).allowed
    assert under([full], [queues], [full]).allowed
    assert under([full], [queues], [full], wanted=access("sns:Publish")).reason == (
        "no service control policy of level 1 allows it"
    )
    assert not under([full], []).allowed


def test_a_denial_at_any_level_counts_and_names_the_level() -> None:
    full, guard = policy(ALLOW_ALL), policy({"Sid": "Guard", "Effect": "Deny", "Action": "sqs:*", "Resource": "*"})
    assert under([full], [full, guard]).reason == (
        "an explicit deny in the service control policy of level 1 applies (Guard)"
    )
    assert under([full], [full, guard], wanted=access("sns:Publish")).allowed


def test_a_service_control_policy_allows_nothing_by_itself() -> None:
    assert not decide(Grant([], control=[("the root", [policy(ALLOW_ALL)])]), access()).allowed
