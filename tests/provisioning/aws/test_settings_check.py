"""Starting with AWS settings that could reach a stranger is refused; incomplete ones are named."""

import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django.fixtures import Settings

from provisioning.aws import hub
from provisioning.aws.settings_check import aws_settings_are_complete


@pytest.mark.parametrize("mode", ["", "Simulator", "prod"])
def test_the_mode_must_be_explicit(settings: Settings, mode: str) -> None:
    settings.AWS_MODE = mode
    with pytest.raises(ImproperlyConfigured, match="simulator or aws"):
        hub.refuse_unsafe_mode()


@pytest.mark.parametrize(
    "endpoint", ["", "http://sts.amazonaws.com", "http://127.0.0.1.example.com:1", "http://gate:4000"]
)
def test_a_simulator_elsewhere_is_refused(settings: Settings, endpoint: str) -> None:
    settings.SIMULATOR_ENDPOINT_URL = endpoint
    with pytest.raises(ImproperlyConfigured, match="SIMULATOR_ENDPOINT_URL"):
        hub.refuse_unsafe_mode()


@pytest.mark.parametrize("endpoint", ["http://127.0.0.1:4000", "http://localhost:4000", "http://[::1]:4000"])
def test_a_simulator_on_this_machine_is_fine(settings: Settings, endpoint: str) -> None:
    settings.SIMULATOR_ENDPOINT_URL = endpoint
    hub.refuse_unsafe_mode()


def test_a_named_host_is_allowed_when_listed(settings: Settings) -> None:
    settings.SIMULATOR_ENDPOINT_URL, settings.SIMULATOR_ALLOWED_HOSTS = "http://gate:4000", ["gate"]
    hub.refuse_unsafe_mode()


def test_aws_mode_without_a_profile_is_named(settings: Settings) -> None:
    settings.AWS_MODE, settings.AWS_HUB_PROFILE = "aws", ""

    messages = aws_settings_are_complete(app_configs=None)

    assert [message.msg for message in messages] == ["AWS_MODE is aws, so AWS_HUB_PROFILE must be set."]


def test_sessions_must_outlast_what_must_be_left_of_them(settings: Settings) -> None:
    settings.ACCESS_SESSION_SECONDS = settings.ACCESS_MINIMUM_LEFT_SECONDS

    assert [message.id for message in aws_settings_are_complete(app_configs=None)] == ["provisioning.E002"]


def test_a_claim_outlasts_the_last_call_made_under_it(settings: Settings) -> None:
    settings.AWS_MODE, settings.AWS_HUB_PROFILE = "aws", "hub"
    settings.CLAIM_SECONDS = 71.0

    assert [message.id for message in aws_settings_are_complete(app_configs=None)] == ["provisioning.E004"]

    settings.CLAIM_SECONDS = 72.0
    assert aws_settings_are_complete(app_configs=None) == []
