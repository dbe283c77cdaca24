"""Organizations as strict as AWS where the simulator alone is not."""

import secrets
from typing import Any

import pytest

from tests.labs.gate.process import Account, RunningGate, refusal

pytestmark = pytest.mark.services


def units(gate: RunningGate) -> tuple[Any, str, str]:
    """Return the client, the root's id and the id of a new unit."""
    organizations = gate.client("organizations")
    root = organizations.list_roots()["Roots"][0]["Id"]
    unit = organizations.create_organizational_unit(ParentId=root, Name=secrets.token_hex(4))
    return organizations, root, unit["OrganizationalUnit"]["Id"]


def test_a_duplicate_email_fails_later_as_in_aws(gate: RunningGate) -> None:
    organizations = gate.client("organizations")
    email = f"{secrets.token_hex(6)}@dodo.example"
    organizations.create_account(Email=email, AccountName="first")
    accounts = len(organizations.get_paginator("list_accounts").paginate().build_full_result()["Accounts"])
    asked = organizations.create_account(Email=email.upper(), AccountName="second")["CreateAccountStatus"]
    assert asked["State"] == "IN_PROGRESS"
    status = organizations.describe_create_account_status(CreateAccountRequestId=asked["Id"])["CreateAccountStatus"]
    assert (status["State"], status["FailureReason"]) == ("FAILED", "EMAIL_ALREADY_EXISTS")
    listed = organizations.list_create_account_status(States=["FAILED"])["CreateAccountStatuses"]
    assert asked["Id"] in [entry["Id"] for entry in listed]
    after = organizations.get_paginator("list_accounts").paginate().build_full_result()["Accounts"]
    assert len(after) == accounts


def test_account_requests_are_listed_once_each_over_many_pages(gate: RunningGate) -> None:
    organizations = gate.client("organizations")
    for _ in range(4):
        gate.new_account()
    paginator = organizations.get_paginator("list_create_account_status")

    pages = paginator.paginate(PaginationConfig={"PageSize": 1}).build_full_result()["CreateAccountStatuses"]

    made = {entry["AccountId"] for entry in pages if "AccountId" in entry}
    accounts = organizations.get_paginator("list_accounts").paginate().build_full_result()["Accounts"]
    assert len(pages) == len({entry["Id"] for entry in pages})
    assert made == {entry["Id"] for entry in accounts}


def test_a_created_account_has_an_administrator_role(gate: RunningGate, account: Account) -> None:
    iam = gate.client("iam", account.admin)
    attached = iam.list_attached_role_policies(RoleName="OrganizationAccountAccessRole")["AttachedPolicies"]
    assert [policy["PolicyName"] for policy in attached] == ["AdministratorAccess"]


def test_an_account_moves_only_from_where_it_is(gate: RunningGate, account: Account) -> None:
    organizations, root, unit = units(gate)
    move = organizations.move_account
    ids = {"AccountId": account.id}
    move(**ids, SourceParentId=root, DestinationParentId=unit)
    assert organizations.list_parents(ChildId=account.id)["Parents"][0]["Id"] == unit
    stale = refusal(move, **ids, SourceParentId=root, DestinationParentId=unit)
    assert stale == ("SourceParentNotFoundException", 400)
    twice = refusal(move, **ids, SourceParentId=unit, DestinationParentId=unit)
    assert twice == ("DuplicateAccountException", 400)
    unknown = refusal(move, AccountId="999999999999", SourceParentId=root, DestinationParentId=unit)
    assert unknown == ("AccountNotFoundException", 400)
