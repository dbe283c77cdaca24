"""`manage.py aws check` looks without changing anything, and says what it cannot know."""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from provisioning.aws import organization
from provisioning.aws.preflight import content, foreign
from provisioning.aws.preflight.finding import Verdict, look, ok
from provisioning.aws.sessions import bootstrap_session, hub_session
from tests.provisioning import sandboxes
from tests.provisioning.aws.test_denials import RICH
from tests.provisioning.sandboxes import Machine

PACK = "packs/first-flight"


def run(*arguments: str) -> tuple[int, str]:
    out = StringIO()
    try:
        call_command("aws", "check", *arguments, stdout=out)
    except CommandError as error:
        return error.returncode, out.getvalue()
    return 0, out.getvalue()


def rows(*arguments: str) -> dict[str, dict[str, Any]]:
    _, text = run("--json", *arguments)
    return {each["subject"]: each for each in json.loads(text)}


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
class TestOnTheSimulator:
    def test_it_runs_and_says_what_it_cannot_know(self, machine: Machine) -> None:
        lease = sandboxes.vended(machine)
        assert lease.account is not None
        code, text = run("--pack", PACK)
        assert code == 2
        assert "This is the simulator" in text
        found = rows("--pack", PACK)
        name = f"account {lease.account.account_id}"
        assert found[f"{name}: entering"]["verdict"] == "ok"
        assert found[f"{name}: regions"]["verdict"] == "ok"
        assert found["guardrails fit"]["verdict"] == "ok"
        assert found["the organization"]["verdict"] == "ok"
        assert found["the sandbox unit"]["verdict"] == "ok"
        assert found["room for accounts"]["verdict"] == "unknown"
        assert all(each["advice"] for each in found.values() if each["verdict"] != "ok")

    def test_it_changes_nothing(self, machine: Machine) -> None:
        sandboxes.vended(machine)
        before = _state()
        run("--pack", PACK)
        assert _state() == before

    def test_an_account_that_cannot_be_entered_is_missing(self, machine: Machine) -> None:
        lease = sandboxes.vended(machine)
        assert lease.account is not None
        account = str(lease.account.account_id)
        admin = bootstrap_session(account)
        trust = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::999999999999:root"}, "Action": "sts:AssumeRole"}
        admin.call(
            "iam",
            "update_assume_role_policy",
            RoleName="gameday-platform",
            PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
        )
        from provisioning.aws import sessions

        sessions.forget(account)
        code, text = run("--pack", PACK)
        assert code == 1
        assert f"MISSING  account {account}: entering" in text

    def test_a_company_s_policy_that_closes_a_needed_service_is_missing(self, machine: Machine) -> None:
        sandboxes.vended(machine)
        unit = organization.sandbox_unit()
        statement = {"Sid": "NoTables", "Effect": "Deny", "Action": "dynamodb:*", "Resource": "*"}
        made = hub_session().call(
            "organizations",
            "create_policy",
            Name="company-no-tables",
            Description="theirs",
            Type="SERVICE_CONTROL_POLICY",
            Content=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
        )["Policy"]["PolicySummary"]["Id"]
        hub_session().call("organizations", "attach_policy", PolicyId=made, TargetId=unit)
        try:
            found = rows("--pack", PACK)
        finally:
            hub_session().call("organizations", "detach_policy", PolicyId=made, TargetId=unit)
            hub_session().call("organizations", "delete_policy", PolicyId=made)
        row = found["control policies at the unit gameday-sandboxes"]
        assert (row["verdict"], row["sentence"]) == ("missing", "company-no-tables (NoTables) denies of dynamodb")

    def test_wrong_input_is_refused_in_words(self) -> None:
        for arguments, told in (
            ((), "Name a pack, an event, or both"),
            (("--pack", "no-such-pack"), "There is no folder 'no-such-pack'"),
            (("--event", "no-such-event"), "There is no event 'no-such-event'"),
            (("--pack", PACK, "--accounts", "-1"), "0 or more"),
        ):
            with pytest.raises(CommandError, match=told):
                call_command("aws", "check", *arguments)


def _state() -> Any:
    policies = hub_session().items(
        "organizations", "list_policies", "Policies[].Name", Filter="SERVICE_CONTROL_POLICY"
    )  # fmt: skip
    accounts = hub_session().items("organizations", "list_accounts", "Accounts[].Id")
    return sorted(policies), sorted(accounts)


def _level(*statements: dict[str, Any]) -> foreign.Level:
    full = {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    return foreign.Level("the root", {"FullAWSAccess": full, "company": {"Statement": list(statements)}})


def _deny(**parts: Any) -> dict[str, Any]:
    return {"Sid": "Theirs", "Effect": "Deny", "Resource": "*", **parts}


@pytest.mark.parametrize(
    ("statement", "verdict"),
    [
        (_deny(Action="*"), Verdict.MISSING),
        (_deny(Action=["sqs:*"]), Verdict.MISSING),
        (_deny(NotAction=["iam:*", "sts:*"]), Verdict.MISSING),
        (_deny(Action="sqs:DeleteQueue"), Verdict.UNKNOWN),
        (_deny(Action="sqs:*", Condition={"ArnNotLike": {"aws:PrincipalArn": "x"}}), Verdict.UNKNOWN),
        (_deny(Action="SQS:*", Resource="arn:aws:sqs:*:*:theirs"), Verdict.UNKNOWN),
        (_deny(Action="sns:*"), Verdict.OK),
        (_deny(NotAction="sqs:*"), Verdict.OK),
        (_deny(NotAction="iam:*", Condition={"StringNotEquals": {"aws:RequestedRegion": ["eu-west-1"]}}), Verdict.OK),
        (
            _deny(NotAction="iam:*", Condition={"StringNotEquals": {"aws:RequestedRegion": ["eu-west-3"]}}),
            Verdict.UNKNOWN,
        ),
    ],
)
def test_a_company_s_denials_are_read(statement: dict[str, Any], verdict: Verdict) -> None:
    found = foreign.look_at(_level(statement), services=["sqs"], regions=["eu-west-1"])
    assert found.verdict == verdict
    assert verdict == Verdict.OK or "company (Theirs)" in found.sentence


def test_a_level_that_allows_only_some_services_closes_the_others() -> None:
    narrow = foreign.Level("the root", {"company": {"Statement": [{"Effect": "Allow", "Action": "s3:*"}]}})
    found = foreign.look_at(narrow, services=["s3", "sqs"], regions=["eu-west-1"])
    assert (found.verdict, found.sentence) == (Verdict.MISSING, "nothing there allows sqs")


ROLES = """
Resources:
  Bounded:
    Type: AWS::IAM::Role
    Properties:
      PermissionsBoundary: !Sub arn:aws:iam::${AWS::AccountId}:policy/platform/gameday-boundary
  Queue: {Type: AWS::SQS::Queue, Properties: {QueueName: !Join ["-", [a, !Ref Name]]}}
"""


def test_a_stack_s_roles_must_have_the_boundary() -> None:
    assert [each.verdict for each in content.look_at_pack(RICH, ROLES)][2] == Verdict.OK
    unbounded = ROLES.replace("gameday-boundary", "another")
    # The starter stack, and a stack beside it.
    for templates in ([unbounded], [ROLES, unbounded]):
        found = content.look_at_pack(RICH, *templates)[2]
        assert found.verdict == Verdict.MISSING
        assert "no boundary, and AWS will refuse to make them: Bounded." in found.sentence


def test_what_aws_does_not_answer_is_unknown() -> None:
    from provisioning.aws.errors import Denied, Transient

    def refuse() -> Any:
        raise Denied("AccessDenied", "no")

    def fail() -> Any:
        raise Transient("RequestTimeout", "late")

    assert look("it", refuse).verdict == Verdict.UNKNOWN
    assert look("it", fail).verdict == Verdict.UNKNOWN
    assert look("it", lambda: ok("it", "well")).verdict == Verdict.OK
