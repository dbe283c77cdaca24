"""Who may enter the roles, and how far the platform's own reach goes."""

import json

import pytest

from labs.local.gate.policy.conditions import Facts
from labs.local.gate.policy.evaluation import Access, trusts
from provisioning.aws import policies, sizes
from tests.provisioning.aws.judging import ACCOUNT, PLATFORM

HUB = "222222222222"
SECRET = "gameday-labs-222222222222"
ENTERING = ("sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession")


def _trusts(document: object, action: str, *, by: str = HUB, **facts: str | None) -> bool:
    values = {"sts:ExternalId": None, "sts:SourceIdentity": None}
    values.update({name.replace("__", ":"): value for name, value in facts.items()})
    names = {by, f"arn:aws:iam::{by}:root"}
    return trusts(json.dumps(document), principals=names, access=Access(action, PLATFORM, Facts(values))).allowed


@pytest.mark.parametrize("action", ENTERING)
def test_the_platform_role_is_entered_by_the_hub_that_knows_the_external_id(action: str) -> None:
    document = policies.trust(HUB, external_id=SECRET)
    assert _trusts(document, action, sts__ExternalId=SECRET)
    assert not _trusts(document, action, sts__ExternalId="guessed")
    assert not _trusts(document, action)
    assert not _trusts(document, action, by=ACCOUNT, sts__ExternalId=SECRET)


@pytest.mark.parametrize("action", ENTERING)
def test_the_participants_role_is_entered_by_the_hub_and_only_for_a_named_person(action: str) -> None:
    document = policies.trust(HUB)
    assert _trusts(document, action, sts__SourceIdentity="8b0c1f3e")
    assert not _trusts(document, action)
    assert not _trusts(document, action, by=ACCOUNT, sts__SourceIdentity="8b0c1f3e")


def test_the_platform_s_policy_fits_beside_nothing_else() -> None:
    assert len(sizes.text(policies.platform())) <= sizes.ROLE_INLINE_CHARACTERS
