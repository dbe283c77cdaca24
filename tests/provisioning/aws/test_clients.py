"""Nothing is signed by credentials that happen to lie about."""

from pathlib import Path

import pytest

from provisioning.aws import clients, hub, sessions


@pytest.fixture
def hostile(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Surround the process with somebody else's credentials, and make it build its clients anew."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEMPLOYEREMPLOYER")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "employer")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "employer")
    monkeypatch.setenv("AWS_PROFILE", "employer")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "nonsense")
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "credentials").write_text(
        "[default]\naws_access_key_id = AKIAEMPLOYEREMPLOYER\naws_secret_access_key = employer\n", encoding="utf-8"
    )
    (tmp_path / ".aws" / "config").write_text(
        "[default]\nregion = eu-west-3\nendpoint_url = http://127.0.0.1:1\ncredential_process = false\n",
        encoding="utf-8",
    )
    monkeypatch.setenv("HOME", str(tmp_path))
    clients.session.cache_clear()
    clients._made.cache_clear()
    sessions.forget()


@pytest.mark.usefixtures("hostile")
def test_without_named_credentials_nothing_is_sent() -> None:
    with pytest.raises(LookupError):
        clients.client("sts", hub.HOME_REGION).get_caller_identity()


@pytest.mark.services
@pytest.mark.usefixtures("hostile")
def test_the_hub_acts_as_itself_among_hostile_credentials() -> None:
    organization = sessions.hub_session().call("organizations", "list_roots")

    assert organization["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert clients.client("sts", hub.HOME_REGION).meta.region_name == hub.HOME_REGION


def test_secrets_do_not_show_when_printed() -> None:
    keys = clients.Credentials("AKIAIOSFODNN7EXAMPLE", "a-secret", "a-token")

    assert "a-secret" not in repr(keys)
    assert "a-token" not in repr(keys)


def test_one_client_serves_every_account() -> None:
    assert clients.client("sqs", "us-east-1") is clients.client("sqs", "us-east-1")
