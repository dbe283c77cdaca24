"""Console links, minted at a real HTTP server that behaves like AWS's federation endpoint."""

import uuid
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from pytest_django.fixtures import Settings

from accounts.models import AuditEntry
from provisioning.aws.clients import Credentials
from provisioning.aws.errors import Denied, Transient
from provisioning.aws.federation import sign_in_url
from provisioning.domain import access, console
from provisioning.models import Lease
from tests.provisioning import sandboxes
from tests.provisioning.federation import Federation
from tests.provisioning.sandboxes import Machine

ANN = uuid.UUID(int=0xA)
KEYS = Credentials("ASIA0", "secret-key", "session-token", None)


@pytest.fixture
def lease(machine: Machine) -> Lease:
    return sandboxes.vended(machine)


@pytest.mark.services
@pytest.mark.django_db
def test_each_click_mints_a_link_into_the_leases_account_and_is_journaled(lease: Lease, federation: Federation) -> None:
    now = sandboxes.now()
    link = console.console_link(now=now, lease=lease, person=ANN)

    keys = federation.sessions[0]
    login = parse_qs(urlsplit(link.url).query)
    assert link.url.startswith(f"{federation.url}?")
    assert login["Action"] == ["login"]
    assert login["SigninToken"] == [f"token-of-{keys['sessionId']}"]
    assert login["Destination"] == ["https://us-east-1.console.aws.amazon.com/console/home?region=us-east-1"]
    theirs = access.credentials_for_person(now=now, lease=lease, person=ANN)
    assert keys["sessionId"] == theirs.access_key_id
    assert (link.account_id, link.expires_at) == (theirs.account_id, theirs.expires_at)
    assert link.open_by == now + timedelta(minutes=15)

    console.console_link(now=now, lease=lease, person=ANN)
    entries = AuditEntry.objects.filter(action="access.console", scope=lease.scope)
    assert list(entries.values_list("actor", flat=True)) == [ANN, ANN]
    assert {entry.details["account"] for entry in entries} == {theirs.account_id}
    kept = str(list(AuditEntry.objects.values()))
    assert not [secret for secret in (theirs.secret_access_key, theirs.token, "token-of-") if secret in kept]
    assert "token-of-" not in repr(link)


@pytest.mark.services
@pytest.mark.django_db
def test_the_console_does_not_open_on_a_session_about_to_end(lease: Lease, federation: Federation) -> None:
    Lease.objects.filter(pk=lease.pk).update(ends_at=sandboxes.now() + timedelta(hours=5))
    lease.refresh_from_db()
    first = access.credentials_for_person(now=sandboxes.now(), lease=lease, person=ANN)

    console.console_link(now=first.expires_at - timedelta(minutes=49), lease=lease, person=ANN)

    assert federation.sessions[0]["sessionId"] != first.access_key_id


@pytest.mark.services
@pytest.mark.django_db
def test_the_simulator_has_no_console_and_says_what_to_use_instead(lease: Lease) -> None:
    with pytest.raises(console.NoConsole, match="workbench"):
        console.console_link(now=sandboxes.now(), lease=lease, person=ANN)


@pytest.mark.services
@pytest.mark.django_db
def test_an_endpoint_in_trouble_is_a_sentence_for_the_person(lease: Lease, federation: Federation) -> None:
    federation.answer = (503, "", "")

    with pytest.raises(access.AccessUnavailable, match="console link"):
        console.console_link(now=sandboxes.now(), lease=lease, person=ANN)
    assert not AuditEntry.objects.filter(action="access.console").exists()


@pytest.mark.parametrize(
    ("answer", "kind", "code"),
    [
        ((400, "<html>", ""), Denied, "FederationRefused"),
        ((302, "", "http://127.0.0.1:1/elsewhere"), Denied, "FederationRefused"),
        ((429, "", ""), Transient, "FederationRefused"),
        ((200, "<html>", ""), Transient, "FederationUnreadable"),
        ((200, "[]", ""), Transient, "FederationUnreadable"),
        ((200, '{"SigninToken": "' + "x" * 70_000 + '"}', ""), Transient, "FederationUnreadable"),
    ],
)
def test_what_the_endpoint_may_say(
    federation: Federation, answer: tuple[int, str, str], kind: type[Exception], code: str
) -> None:
    federation.answer = answer

    with pytest.raises(kind) as refusal:
        sign_in_url(KEYS, destination="https://console", issuer="https://labs")

    assert code in str(refusal.value)
    assert not [secret for secret in ("secret-key", "session-token") if secret in str(refusal.value)]


def test_an_endpoint_that_does_not_answer_does_not_put_the_keys_into_the_error(settings: Settings) -> None:
    settings.AWS_FEDERATION_ENDPOINT = "http://127.0.0.1:1/federation"

    with pytest.raises(Transient, match="FederationUnreachable") as refusal:
        sign_in_url(KEYS, destination="https://console", issuer="https://labs")

    assert "secret-key" not in str(refusal.value)
    assert refusal.value.__cause__ is None


@pytest.mark.parametrize(
    ("mode", "endpoint"),
    [
        ("aws", "http://127.0.0.1:1/federation"),
        ("aws", "http://signin.aws.amazon.com/federation"),
        ("simulator", "http://signin.aws.amazon.com/federation"),
        ("simulator", "ftp://127.0.0.1/federation"),
    ],
)
def test_keys_travel_by_https_only(settings: Settings, mode: str, endpoint: str) -> None:
    settings.AWS_MODE, settings.AWS_FEDERATION_ENDPOINT = mode, endpoint

    with pytest.raises(Denied, match="https"):
        sign_in_url(KEYS, destination="https://console", issuer="https://labs")
