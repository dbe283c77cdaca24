"""Guardrails are packed to AWS's sizes, always in the same way, and what does not fit is refused in words."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioning.aws import policies, scps, sizes
from provisioning.aws.allowances import Allowance
from provisioning.aws.scps import pack
from provisioning.aws.sizes import TooLong, text

END = datetime(2030, 5, 1, tzinfo=UTC)
SMALL = Allowance(("ec2", "sqs"), ("eu-west-1",), END, ("t3.micro",))
EVERYTHING = Allowance(
    policies.PLATFORM_SERVICES,
    ("eu-central-1", "eu-west-1", "us-east-1"),
    END,
    ("t3.micro", "t3.small", "t3.medium", "db.t4g.micro", "cache.t4g.micro"),
)


def _statement(sid: str, actions: list[str]) -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Deny", "Action": actions, "Resource": "*"}


def test_the_fixed_guardrails_leave_room_at_the_unit() -> None:
    documents = scps.fixed()
    assert len(documents) == 1
    assert len(documents[0].content) <= sizes.SCP_CHARACTERS


@pytest.mark.parametrize("allowance", [SMALL, EVERYTHING], ids=["small", "everything"])
def test_a_pack_that_allows_all_that_can_be_deleted_still_fits(allowance: Allowance) -> None:
    documents = scps.of_pack(allowance)
    assert len(documents) <= scps.DOCUMENTS_PER_TARGET
    assert all(len(each.content) <= sizes.SCP_CHARACTERS for each in documents)
    assert len(text(policies.boundary(allowance))) <= sizes.MANAGED_CHARACTERS
    assert len(text(policies.participant(allowance))) <= policies.PARTICIPANT_CHARACTERS


def test_the_same_allowance_gives_the_same_names_and_another_one_others() -> None:
    turned = Allowance(("sqs", "ec2", "sts"), ("eu-west-1",), datetime(2031, 1, 1, tzinfo=UTC), ("t3.micro",))
    assert scps.of_pack(turned) == scps.of_pack(SMALL)
    assert {each.name for each in scps.of_pack(EVERYTHING)} & {each.name for each in scps.of_pack(SMALL)} == set()


def test_too_many_services_are_refused_and_the_longest_statement_is_named() -> None:
    wide = Allowance(tuple(f"service-number-{number}" for number in range(400)), ("eu-west-1",), END)
    with pytest.raises(TooLong, match=r"permissions boundary has 9,772 characters and AWS takes 6,144.*Services"):
        policies.boundary(wide)
    with pytest.raises(TooLong, match=r"participants' policy has .* takes 5,120"):
        policies.participant(wide)
    with pytest.raises(TooLong, match=r"statement Services of the pack's guardrails .* cannot be split"):
        scps.of_pack(wide)


def test_too_many_kept_roles_are_refused() -> None:
    with pytest.raises(TooLong, match="Ours"):
        policies.boundary(SMALL, kept=[f"arn:aws:iam::111111111111:role/{number:0>40}" for number in range(100)])


def test_documents_beyond_the_room_of_a_target_are_refused() -> None:
    statements = [_statement(f"S{number}", ["sqs:" + "x" * 300]) for number in range(10)]
    assert len(pack(statements, size=500, most=10)) == 10
    with pytest.raises(TooLong, match=r"fill 10 service control policies of 500 characters.* room for 4"):
        pack(statements, size=500)


@given(
    st.lists(
        st.lists(st.text("abcdefgh", min_size=1, max_size=30).map("sqs:".__add__), min_size=1, max_size=12),
        max_size=12,
    )
)
def test_packing_loses_nothing_adds_nothing_and_keeps_to_the_size(lists: list[list[str]]) -> None:
    statements = [_statement(f"S{number}", actions) for number, actions in enumerate(lists)]
    packed = pack(statements, size=300, most=1_000)
    assert packed == pack(statements, size=300, most=1_000)
    parts = [each for document in packed for each in document["Statement"]]
    assert sorted(action for each in parts for action in each["Action"]) == sorted(
        action for actions in lists for action in actions
    )
    for document in packed:
        assert len(text(document)) <= 300
        names = [each["Sid"] for each in document["Statement"]]
        assert len(names) == len(set(names))


def test_documents_are_canonical_json() -> None:
    for policy in scps.of_pack(SMALL):
        assert text(json.loads(policy.content)) == policy.content
