"""The blocks that people paste into a shell, written so that no other credentials on the machine can win."""

import shlex
from urllib.parse import urlsplit

from django.conf import settings

from provisioning.aws.hub import is_loopback
from provisioning.domain.access import AccessUnavailable, Credentials
from provisioning.models import Lease

CREDENTIALS_PATH = "/access/credentials"

# Every AWS variable goes, whatever it is called: keys, profiles, roles, endpoints of single services.
_FORGET = """for name in $(env | sed -n 's/^\\(AWS_[A-Za-z0-9_]*\\)=.*/\\1/p'); do unset "$name"; done
unset BOTO_CONFIG name
export AWS_CONFIG_FILE="$(mktemp)" AWS_SHARED_CREDENTIALS_FILE="$(mktemp)"
export AWS_EC2_METADATA_DISABLED=true AWS_PAGER=
"""
# The AWS command line's version 1 ignores AWS_ENDPOINT_URL for queues, so in the simulator every call says it again.
_SAY_THE_ENDPOINT = """unalias aws 2>/dev/null
aws() { command aws --endpoint-url "$AWS_ENDPOINT_URL" "$@"; }
"""


def shell_block(*, lease: Lease, token: str) -> str:
    """Return a block for bash and zsh after which AWS tools fetch and renew a person's credentials by themselves.

    The tools refuse an http address that is not loopback: then this raises AccessUnavailable, and `exports_block`
    remains.
    """
    address = settings.PUBLIC_BASE_URL + CREDENTIALS_PATH
    parts = urlsplit(address)
    if parts.scheme != "https" and not is_loopback(parts.hostname or ""):
        raise AccessUnavailable(
            "AWS tools fetch credentials by https only, and this site is served by http. Use the exports instead."
        )
    exports = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": address, "AWS_CONTAINER_AUTHORIZATION_TOKEN": token}
    return _block(lease, exports)


def exports_block(*, lease: Lease, credentials: Credentials) -> str:
    """Return a block for bash and zsh with credentials that end by themselves within the hour."""
    exports = {
        "AWS_ACCESS_KEY_ID": credentials.access_key_id,
        "AWS_SECRET_ACCESS_KEY": credentials.secret_access_key,
        "AWS_SESSION_TOKEN": credentials.token,
        "AWS_CREDENTIAL_EXPIRATION": credentials.expires_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    return _block(lease, exports)


def _block(lease: Lease, exports: dict[str, str]) -> str:
    if lease.account is None or not lease.account.account_id:
        raise AccessUnavailable("This sandbox has no account yet.")
    region = lease.blueprint.regions[0]
    exports = {**exports, "AWS_REGION": region, "AWS_DEFAULT_REGION": region}
    if settings.AWS_MODE == "simulator":
        exports["AWS_ENDPOINT_URL"] = settings.PUBLIC_AWS_ENDPOINT_URL
        host = urlsplit(settings.PUBLIC_AWS_ENDPOINT_URL).hostname or ""
        exports["NO_PROXY"] = exports["no_proxy"] = f"{host},127.0.0.1,localhost"
    lines = "".join(f"export {name}={shlex.quote(value)}\n" for name, value in exports.items())
    if settings.AWS_MODE == "simulator":
        lines += _SAY_THE_ENDPOINT
    return _FORGET + lines + _identity_check(lease.account.account_id)


def _identity_check(account_id: str) -> str:
    return (
        'if [ "$(aws sts get-caller-identity --query Account --output text)" = '
        f"{account_id} ]; then echo 'RIGHT ACCOUNT {account_id}'; "
        f"else echo 'STOP: this shell does not act in your sandbox {account_id}. Run nothing here.'; fi\n"
    )
