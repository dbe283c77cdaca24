"""The blocks that people paste into a shell, written so that no other credentials on the machine can win."""

from urllib.parse import urlsplit

from django.conf import settings

from provisioning.aws.hub import is_loopback
from provisioning.domain import credential_process
from provisioning.domain.access import AccessUnavailable, Credentials
from provisioning.domain.dialects import DIALECTS, POSIX, Dialect
from provisioning.models import Lease

CREDENTIALS_PATH = "/access/credentials"
PROCESS_PATH = f"{CREDENTIALS_PATH}/process"


def shell_block(*, lease: Lease, token: str, dialect: str = POSIX) -> str:
    """Return a block after which AWS tools fetch and renew a person's credentials by themselves.

    The tools refuse an http address that is not loopback: then this raises AccessUnavailable, and `exports_block`
    remains.
    """
    exports = {
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": _endpoint(CREDENTIALS_PATH),
        "AWS_CONTAINER_AUTHORIZATION_TOKEN": token,
    }
    return _block(lease, DIALECTS[dialect], exports)


def exports_block(*, lease: Lease, credentials: Credentials, dialect: str = POSIX) -> str:
    """Return a block with credentials that end by themselves within the hour."""
    exports = {
        "AWS_ACCESS_KEY_ID": credentials.access_key_id,
        "AWS_SECRET_ACCESS_KEY": credentials.secret_access_key,
        "AWS_SESSION_TOKEN": credentials.token,
        "AWS_CREDENTIAL_EXPIRATION": credentials.expires_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    return _block(lease, DIALECTS[dialect], exports)


def process_block(*, lease: Lease, token: str) -> str:
    """Return a block for bash and zsh that makes a profile whose `credential_process` fetches credentials.

    It is for tools that read profiles but not the variables of `shell_block`, such as editors. The token lies in a
    file that only its owner reads. Raises AccessUnavailable as `shell_block` does.
    """
    address = _endpoint(PROCESS_PATH)
    account_id = _account_id(lease)
    lines = credential_process.files(
        address=address, token=token, account_id=account_id, profile=_simulator() | {"region": _region(lease)}
    )
    return _block(lease, DIALECTS[POSIX], {}, lines)


def tool_environment(*, lease: Lease, token: str) -> dict[str, str]:
    """Return the variables with which a process of ours talks to the lease's account as a person, and to nothing else.

    Raises AccessUnavailable as `shell_block` does.
    """
    region, host = _region(lease), urlsplit(settings.PUBLIC_AWS_ENDPOINT_URL).hostname or ""
    environment = {
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": _endpoint(CREDENTIALS_PATH),
        "AWS_CONTAINER_AUTHORIZATION_TOKEN": token,
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": f"{host},127.0.0.1,localhost",
    }
    if settings.AWS_MODE == "simulator":
        environment["AWS_ENDPOINT_URL"] = settings.PUBLIC_AWS_ENDPOINT_URL
    return environment


def _endpoint(path: str) -> str:
    address: str = settings.PUBLIC_BASE_URL + path
    parts = urlsplit(address)
    if parts.scheme != "https" and not is_loopback(parts.hostname or ""):
        raise AccessUnavailable(
            "AWS tools fetch credentials by https only, and this site is served by http. Use the exports instead."
        )
    return address


def _simulator() -> dict[str, str]:
    return {"endpoint_url": settings.PUBLIC_AWS_ENDPOINT_URL} if settings.AWS_MODE == "simulator" else {}


def _region(lease: Lease) -> str:
    region: str = lease.blueprint.regions[0]
    return region


def _account_id(lease: Lease) -> str:
    if lease.account is None or not lease.account.account_id:
        raise AccessUnavailable("This sandbox has no account yet.")
    return lease.account.account_id


def _block(lease: Lease, dialect: Dialect, exports: dict[str, str], more: str = "") -> str:
    account_id, region = _account_id(lease), _region(lease)
    exports = {**exports, "AWS_REGION": region, "AWS_DEFAULT_REGION": region}
    lines = dialect.forget
    if settings.AWS_MODE == "simulator":
        exports["AWS_ENDPOINT_URL"] = settings.PUBLIC_AWS_ENDPOINT_URL
        host = urlsplit(settings.PUBLIC_AWS_ENDPOINT_URL).hostname or ""
        # One of the two in PowerShell, where the names of variables know no case.
        exports["NO_PROXY"] = exports["no_proxy"] = f"{host},127.0.0.1,localhost"
        more += dialect.say_the_endpoint
    lines += "".join(dialect.export(name, value) for name, value in exports.items())
    return lines + more + dialect.identity_check(account_id)
