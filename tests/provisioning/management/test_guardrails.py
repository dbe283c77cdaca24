"""`manage.py guardrails` prints what is really attached, and refuses what is wrong in a sentence."""

import json
import re
from io import StringIO
from typing import Any

import pytest
import yaml
from cfnlint.api import lint_all
from django.core.management import call_command
from django.core.management.base import CommandError

from provisioning.aws import policies, scps, sizes, templates
from tests.provisioning.aws.judging import PARTICIPANT, PLATFORM, SOMEBODY, Call, judge
from tests.provisioning.aws.test_platform_calls import AWS, ROOT, actions_of, operations_in

PACK = "packs/first-flight"


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("guardrails", *arguments, stdout=out)
    return out.getvalue()


def shown(*arguments: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(run("show", PACK, "--json", *arguments))
    return found


def test_every_document_is_shown_with_its_size_and_its_place() -> None:
    documents = shown("--ends-at", "2030-05-01T12:00:00Z")
    assert [(each["name"].rpartition("-")[0] or each["name"], each["limit"]) for each in documents] == [
        ("gameday-fixed", 5120),
        ("gameday-pack", 5120),
        ("permissions boundary arn:aws:iam::ACCOUNT-ID:policy/platform/gameday", 6144),
        ("participants' policy", 5120),
        ("who becomes a participant", None),
        ("platform's policy", 10240),
        ("who becomes the platform", None),
    ]
    for each in documents:
        assert each["size"] == len(sizes.text(each["document"]))
        assert each["limit"] is None or each["size"] <= each["limit"]
        assert each["attached"]
    assert json.loads(scps.fixed()[0].content) == documents[0]["document"]


def test_prepared_accounts_have_no_control_policy_of_the_pack() -> None:
    documents = shown("--mode", "prepared")
    assert [each["name"] for each in documents if each["name"].startswith("gameday-")] == [scps.fixed()[0].name]
    assert "by the company" in documents[0]["attached"]


def test_people_read_the_same() -> None:
    text = run("show", PACK)
    assert text.startswith("First flight 1.2.0, managed accounts, as if the sandbox ended at ")
    assert "   size: 4,975 of 5,120 characters\n" in text


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["show", PACK, "--ends-at", "soon"], "'soon' is not a time"),
        (["show", PACK, "--ends-at", "2030-13-01T00:00"], "is not a time"),
        (["show", PACK, "--account", "12345"], "'12345' is not the id of an AWS account"),
        (["show", "tests"], "tests has .* problem"),
        (["show", PACK, "--mode", "other"], "invalid choice: 'other'"),
        (["template", "other"], "invalid choice: 'other'"),
    ],
)
def test_wrong_input_is_refused_in_words(arguments: list[str], told: str) -> None:
    with pytest.raises(CommandError, match=told):
        run(*arguments)


@pytest.mark.services
@pytest.mark.django_db
def test_an_unknown_pack_is_refused_in_words() -> None:
    with pytest.raises(CommandError, match="no folder 'no-such-pack' and no loaded pack"):
        run("show", "no-such-pack")


@pytest.mark.parametrize("name", sorted(set(templates.ALL) - {"fixed-scp", "stop-scp"}))
def test_cloudformation_accepts_the_templates(name: str) -> None:
    found = [each for each in lint_all(run("template", name)) if each.rule.severity != "informational"]
    assert [str(each) for each in found] == []


def test_the_stack_set_s_role_is_the_one_that_the_platform_makes_itself() -> None:
    role = yaml.safe_load(run("template", "platform-role"))["Resources"]["PlatformRole"]["Properties"]
    assert role["Policies"] == [{"PolicyName": "access", "PolicyDocument": policies.platform()}]
    assert (role["Path"], role["RoleName"]) == ("/platform/", "gameday-platform")
    wanted = policies.trust("222222222222", external_id="gameday-labs-222222222222")
    filled = json.dumps(role["AssumeRolePolicyDocument"]).replace("${HubAccountId}", "222222222222")
    assert _without_functions(json.loads(filled)) == wanted


def _without_functions(value: Any) -> Any:
    if isinstance(value, dict):
        return value["Fn::Sub"] if set(value) == {"Fn::Sub"} else {k: _without_functions(v) for k, v in value.items()}
    return [_without_functions(each) for each in value] if isinstance(value, list) else value


def test_the_managed_hub_s_policy_allows_every_call_to_organizations_and_nothing_that_ends_it() -> None:
    document = templates.hub_policy_managed()["Resources"]["HubPolicy"]["Properties"]["PolicyDocument"]
    facts = {"organizations:PolicyType": "SERVICE_CONTROL_POLICY"}
    calls = {
        action
        for source in (AWS / "organization.py", AWS / "attachments.py", *(AWS / "preflight").glob("*.py"))
        for operation in operations_in(source)
        if operation[0] == "organizations"
        for action in actions_of(operation)
    } - {"organizations:CreateOrganization", "organizations:EnablePolicyType"}  # only the simulator's
    assert len(calls) > 15
    assert [call for call in sorted(calls) if not judge(Call(call, facts=facts), identity=[document])] == []
    for ending in ("DeleteOrganization", "RemoveAccountFromOrganization", "CloseAccount", "DisablePolicyType"):
        assert not judge(Call(f"organizations:{ending}", facts=facts), identity=[document])


def test_the_docs_name_what_can_be_printed() -> None:
    page = (ROOT / "docs" / "real-aws.md").read_text()
    assert set(re.findall(r"guardrails template ([a-z-]+)", page)) == set(templates.ALL)


def test_stopping_stops_participants_and_not_the_cleaning() -> None:
    stop = [json.loads(run("template", "stop-scp"))]
    assert not judge(Call("sqs:SendMessage"), principal=PARTICIPANT, unit=stop)
    assert judge(Call("sqs:DeleteQueue"), principal=PLATFORM, unit=stop)
    assert judge(Call("sqs:DeleteQueue"), principal=SOMEBODY, unit=stop)


@pytest.mark.parametrize("name", ["hub-policy-prepared", "hub-policy-managed"])
def test_the_hub_enters_only_the_platform_s_roles(name: str) -> None:
    document = templates.ALL[name]()["Resources"]["HubPolicy"]["Properties"]["PolicyDocument"]
    for role, enters in {
        "platform/gameday-platform": True,
        "platform/gameday-participant": True,
        "OrganizationAccountAccessRole": name == "hub-policy-managed",
        "company-admin": False,
    }.items():
        call = Call("sts:AssumeRole", f"arn:aws:iam::111111111111:role/{role}")
        assert judge(call, identity=[document]) is enters
