"""Linting tells what AWS, the sweeper and the guardrails would say to a pack, in one run."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from provisioning.aws.denials import BOUNDARY
from quests.domain.linting import lint
from quests.pack.starting import start_pack
from tests.quests.pack.packs import edit

NOW = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)
FIRST_FLIGHT = Path(__file__).parents[3] / "packs" / "first-flight"
SOLVE = "solution/quests/patient-inbox/solve.yaml"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return start_pack(slug="inbox-game", into=tmp_path)


def told(folder: Path) -> list[str]:
    return [str(problem) for problem in lint(now=NOW, folder=folder)]


def test_a_new_pack_is_without_problems(folder: Path) -> None:
    assert told(folder) == []


def test_first_flight_has_no_errors() -> None:
    assert [each for each in lint(now=NOW, folder=FIRST_FLIGHT) if each.severity == "error"] == []


def test_services_for_aws_are_seen_as_well(folder: Path) -> None:
    (folder / "solution/stack.yaml").write_text(
        """\
Resources:
  Clerk:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {Version: "2012-10-17", Statement: []}
  Inbox:
    Type: AWS::SQS::Queue
    Properties: {Colour: red}
"""
    )
    messages = told(folder)
    assert messages[0].startswith("solution/stack.yaml:2: Resources.Clerk: must have a PermissionsBoundary")
    assert any(each.startswith("solution/stack.yaml:8: ") and "Colour" in each for each in messages)


def test_what_no_sandbox_could_bear_is_told_at_its_line(folder: Path) -> None:
    edit(folder, "pack.yaml", "services: [sqs]", "services: [sqs, iam, braket]")
    edit(folder, "pack.yaml", "duration_minutes: 15", "duration_minutes: 5")
    edit(folder, SOLVE, "calls:\n", "calls:\n  - {service: iam, operation: create_user, parameters: {UserName: me}}\n")
    edit(folder, "readiness.yaml", "operation: get_queue_attributes", "operation: purge_queue")
    edit(folder, "readiness.yaml", ", AttributeNames: [All]", "")
    edit(
        folder,
        "stack.yaml",
        "Outputs:",
        """\
  Clerk:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {Version: "2012-10-17", Statement: []}
  Shelf:
    Type: AWS::S3Express::DirectoryBucket
    Properties: {DataRedundancy: SingleAvailabilityZone, LocationName: euc1-az1, Colour: red}

Outputs:""",
    )
    (folder / "solution/quests/patient-inbox/near-misses/still-hurried.yaml").unlink()
    messages = told(folder)
    for expected in (
        "pack.yaml:11: warning: duration_minutes: is 5, but the main quests are expected to take 10 minutes together",
        "pack.yaml:14: services.2: lists “braket”: the sweeper cannot delete what teams make there",
        "quests/patient-inbox/quest.yaml:1: warning: has 1 near miss: at least 2 show that the checks reject what is"
        " wrong",
        "readiness.yaml:7: probes.inbox-has-its-flaws.call.operation: does not only read, and the platform changes"
        " nothing in a team's sandbox",
        f"{SOLVE}:2: calls.0.operation: needs iam:CreateUser, which the guardrails refuse in every sandbox",
        "stack.yaml:11: Resources.Clerk: must have a PermissionsBoundary that ends in policy/platform/gameday-boundary:"
        " AWS refuses it otherwise",
        "stack.yaml:15: warning: Resources.Shelf: is of the type AWS::S3Express::DirectoryBucket, which the simulator"
        " leaves out without a word",
    ):
        assert expected in messages, messages
    assert any("Colour" in message and "cfn-lint E3002" in message for message in messages), messages


def test_an_inventory_of_a_type_that_nobody_knows_is_told(folder: Path) -> None:
    probe = """
  few-birds:
    type: inventory
    types: [sqs:queue, zoo:dodo]
    expect: {comparison: at_most, threshold: 1}
    advice: Fewer birds, please.
"""
    text = (folder / "probes.yaml").read_text().rstrip()
    (folder / "probes.yaml").write_text(text + probe)
    (message,) = told(folder)
    assert message.endswith("probes.few-birds.types.1: counts “zoo:dodo”, which is no type that the sweeper knows")


def test_a_bounded_role_is_fine(folder: Path) -> None:
    edit(
        folder,
        "stack.yaml",
        "Outputs:",
        """\
  Clerk:
    Type: AWS::IAM::Role
    Properties:
      PermissionsBoundary: !Sub arn:aws:iam::${AWS::AccountId}:policy/platform/gameday-boundary
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: "sts:AssumeRole"}]

Outputs:""",
    )
    assert told(folder) == []


def test_a_quests_own_template_is_looked_at_like_the_starter_stack(folder: Path) -> None:
    own = "quests/patient-inbox/stack.yaml"
    (folder / own).write_text(
        """\
Resources:
  Clerk:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {Version: "2012-10-17", Statement: []}
      Colour: red
"""
    )
    messages = told(folder)
    assert f"{own}:2: Resources.Clerk: must have a PermissionsBoundary that ends in policy/{BOUNDARY}: AWS refuses" in [
        each.removesuffix(" it otherwise") for each in messages
    ]
    assert [each for each in messages if each.startswith(f"{own}:6: ") and "cfn-lint E3002" in each] != [], messages
