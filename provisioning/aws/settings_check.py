"""Whether this installation's AWS settings are complete; what is unsafe refuses to start (see hub)."""

from collections.abc import Sequence
from typing import Any

from django.apps.config import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register

from provisioning.aws.clients import CONNECT_SECONDS, READ_SECONDS

# The last quarter of a claim is for the end of its last call, see domain/claims.py.
SHORTEST_CLAIM_SECONDS = 4 * (CONNECT_SECONDS + READ_SECONDS)


@register(Tags.compatibility)
def aws_settings_are_complete(*, app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Name each AWS setting that the chosen mode needs and lacks."""
    needed: tuple[str, ...] = ("AWS_HUB_PROFILE",)
    if settings.AWS_MODE == "simulator":
        needed = ("SIMULATOR_ACCESS_KEY_ID", "SIMULATOR_SECRET_ACCESS_KEY", "PUBLIC_AWS_ENDPOINT_URL")
    elif settings.AWS_POOL_MODE != "prepared":
        needed += ("AWS_SANDBOX_OU_NAME", "AWS_ACCOUNT_EMAIL_DOMAIN")
    messages: list[CheckMessage] = [
        Error(f"AWS_MODE is {settings.AWS_MODE}, so {name} must be set.", id="provisioning.E001")
        for name in needed
        if not getattr(settings, name)
    ]
    if settings.AWS_POOL_MODE not in ("managed", "prepared"):
        messages.append(
            Error(
                f"AWS_POOL_MODE is {settings.AWS_POOL_MODE!r}; it must be managed or prepared.", id="provisioning.E003"
            )
        )
    if settings.ACCESS_MINIMUM_LEFT_SECONDS >= settings.ACCESS_SESSION_SECONDS:
        messages.append(
            Error("ACCESS_MINIMUM_LEFT_SECONDS must be less than ACCESS_SESSION_SECONDS.", id="provisioning.E002")
        )
    if settings.AWS_MODE == "aws" and settings.CLAIM_SECONDS < SHORTEST_CLAIM_SECONDS:
        messages.append(
            Error(
                f"CLAIM_SECONDS is {settings.CLAIM_SECONDS:g}; it must be at least {SHORTEST_CLAIM_SECONDS}, so that a "
                "call to AWS ends before another worker takes its step up.",
                id="provisioning.E004",
            )
        )
    return messages
