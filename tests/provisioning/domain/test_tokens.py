"""Personal tokens: what they open, how they end, and how often they may be used."""

import uuid

import pytest
from pytest_django.fixtures import Settings

from provisioning import throttle
from provisioning.domain import tokens
from provisioning.models import AccessToken, Lease
from tests.provisioning import sandboxes
from tests.provisioning.sandboxes import Machine

pytestmark = [pytest.mark.services, pytest.mark.django_db]

ANN, BEN = uuid.UUID(int=0xA), uuid.UUID(int=0xB)


@pytest.fixture
def lease(machine: Machine) -> Lease:
    return sandboxes.vended(machine)


def test_a_token_gives_credentials_in_the_leases_account(lease: Lease) -> None:
    token = tokens.issue_token(now=sandboxes.now(), lease=lease, person=ANN)

    keys = tokens.credentials_for_token(now=sandboxes.now(), token=token)

    assert lease.account is not None
    identity = sandboxes.client("sts", keys).get_caller_identity()
    assert identity["Account"] == keys.account_id == lease.account.account_id
    assert identity["Arn"].endswith(f":assumed-role/gameday-participant/{ANN}")
    assert keys.secret_access_key not in repr(keys)
    assert not AccessToken.objects.filter(token_hash=token).exists()


def test_a_revoked_token_is_unknown_and_the_others_still_work(lease: Lease) -> None:
    anns = tokens.issue_token(now=sandboxes.now(), lease=lease, person=ANN)
    bens = tokens.issue_token(now=sandboxes.now(), lease=lease, person=BEN)

    assert tokens.revoke_tokens(now=sandboxes.now(), lease=lease, person=ANN) == 1

    with pytest.raises(tokens.UnknownToken):
        tokens.credentials_for_token(now=sandboxes.now(), token=anns)
    assert tokens.credentials_for_token(now=sandboxes.now(), token=bens)
    with pytest.raises(tokens.UnknownToken):
        tokens.credentials_for_token(now=sandboxes.now(), token="invented")


def test_a_runaway_script_is_slowed_down_and_its_team_mate_is_not(
    lease: Lease, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throttle, "PERSONAL_RATE", throttle.Rate(0.01, 3))
    people = uuid.uuid4(), uuid.uuid4()
    runaway, calm = (tokens.issue_token(now=sandboxes.now(), lease=lease, person=who) for who in people)
    for _ in range(3):
        assert tokens.credentials_for_token(now=sandboxes.now(), token=runaway)

    with pytest.raises(tokens.AskedTooOften, match=r"Try again in \d+ s"):
        tokens.credentials_for_token(now=sandboxes.now(), token=runaway)
    assert tokens.credentials_for_token(now=sandboxes.now(), token=calm)


def test_without_redis_the_personal_limit_lets_everybody_pass(settings: Settings) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"

    for _ in range(3):
        throttle.take_personal(tokens.ENDPOINT, ANN)
