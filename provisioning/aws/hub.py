"""The platform's own identity, from which every other one is assumed; always named, never found lying about."""

import ipaddress
import threading
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from urllib.parse import urlsplit

import botocore.session
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from provisioning.aws.clients import Credentials
from provisioning.aws.errors import Denied, our_errors

HOME_REGION = "us-east-1"
MODES = ("simulator", "aws")


def is_loopback(host: str) -> bool:
    """Tell whether a host name or address can only mean this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def refuse_unsafe_mode() -> None:
    """Raise ImproperlyConfigured unless the mode is explicit and the simulator's endpoint cannot be a stranger's."""
    if settings.AWS_MODE not in MODES:
        raise ImproperlyConfigured(f"AWS_MODE is {settings.AWS_MODE!r}; it must be simulator or aws.")
    if settings.AWS_MODE == "aws":
        return
    host = urlsplit(settings.SIMULATOR_ENDPOINT_URL).hostname or ""
    if not is_loopback(host) and host not in settings.SIMULATOR_ALLOWED_HOSTS:
        raise ImproperlyConfigured(
            f"AWS_MODE is simulator, but SIMULATOR_ENDPOINT_URL names the host {host or '(none)'!r}, which is neither "
            "loopback nor in SIMULATOR_ALLOWED_HOSTS."
        )


def credentials() -> Credentials:
    """Return the hub's credentials: the simulator's keys, or those of the profile that AWS_HUB_PROFILE names."""
    refuse_unsafe_mode()
    if settings.AWS_MODE == "simulator":
        return Credentials(settings.SIMULATOR_ACCESS_KEY_ID, settings.SIMULATOR_SECRET_ACCESS_KEY)
    if not settings.AWS_HUB_PROFILE:
        raise Denied("NoHubProfile", "AWS_MODE is aws and AWS_HUB_PROFILE names no profile.")
    with _reading, our_errors("hub credentials"):
        found = _profile_session(settings.AWS_HUB_PROFILE).get_credentials()
        if found is None:
            raise Denied("NoHubCredentials", f"The profile {settings.AWS_HUB_PROFILE} has no credentials.")
        keys = found.get_frozen_credentials()
    if not keys.access_key or not keys.secret_key:
        raise Denied("NoHubCredentials", f"The profile {settings.AWS_HUB_PROFILE} has no keys.")
    # Botocore renews a profile's role by itself when asked again in time.
    expires_at = datetime.now(UTC) + timedelta(minutes=5) if keys.token else None
    return Credentials(keys.access_key, keys.secret_key, keys.token, expires_at)


_reading = threading.Lock()


@lru_cache(maxsize=1)
def _profile_session(profile: str) -> botocore.session.Session:
    # An explicit profile takes the environment's keys out of botocore's chain.
    return botocore.session.Session(profile=profile)
