"""Botocore clients that have no identity of their own: each call names the credentials that sign it.

Making a client costs 20 to 50 ms and megabytes; with signing decided per call, a process needs one per service and
region, however many accounts it serves. And because nothing is signed without naming credentials, the ambient chain
(environment variables, profiles, instance metadata) can never be what signs: see `_isolated_session`.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

import botocore.session
from botocore.config import Config
from botocore.configprovider import BOTOCORE_DEFAUT_SESSION_VARIABLES, ConfigValueStore, ConstantProvider
from botocore.credentials import Credentials as SigningCredentials
from botocore.credentials import ReadOnlyCredentials
from django.conf import settings

from provisioning.aws import time_limit

CONNECT_SECONDS, READ_SECONDS, TOTAL_ATTEMPTS = 3, 15, 3


@dataclass(frozen=True)
class Credentials:
    """Keys that sign requests; `expires_at` is None for keys that do not end."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    token: str | None = field(default=None, repr=False)
    expires_at: datetime | None = None


_signing: ContextVar[Credentials] = ContextVar("credentials that sign the present call")


class _NamedByTheCaller(SigningCredentials):
    """Hand botocore the credentials of the present call; without any, fail before a byte is sent."""

    def __init__(self) -> None:
        super().__init__("named-per-call", "named-per-call", method="per-call")

    def load_credentials(self) -> SigningCredentials:
        return self

    def get_frozen_credentials(self) -> ReadOnlyCredentials:
        credentials = _signing.get()
        return ReadOnlyCredentials(credentials.access_key_id, credentials.secret_access_key, credentials.token)


@contextmanager
def signed_by(credentials: Credentials) -> Iterator[None]:
    """Sign the calls made in this block, in this thread, with these credentials."""
    mark = _signing.set(credentials)
    try:
        yield
    finally:
        _signing.reset(mark)


def _isolated_session() -> botocore.session.Session:
    """Make a botocore session that reads no environment variable and no configuration file."""
    session = botocore.session.Session()
    defaults: dict[str, Any] = {name: default for name, (_, _, default, _) in BOTOCORE_DEFAUT_SESSION_VARIABLES.items()}
    defaults.update(config_file=os.devnull, credentials_file=os.devnull, profile=None)
    store = ConfigValueStore({name: ConstantProvider(value) for name, value in defaults.items()})
    session.register_component("config_store", store)
    session.register_component("credential_provider", _NamedByTheCaller())
    session.register("before-send", time_limit.before_each_attempt)
    return session


def _config() -> Config:
    options: dict[str, Any] = {
        "connect_timeout": CONNECT_SECONDS,
        "read_timeout": READ_SECONDS,
        "retries": {"mode": "standard", "total_max_attempts": TOTAL_ATTEMPTS},
        "max_pool_connections": 64,
        "ignore_configured_endpoint_urls": True,
        "account_id_endpoint_mode": "disabled",
    }
    if settings.AWS_MODE == "simulator":
        # One host serves every service, so nothing may be put before its name, and no proxy stands between.
        options.update(inject_host_prefix=False, proxies={}, s3={"addressing_style": "path"})
    return Config(**options)


_making = threading.Lock()
session = lru_cache(maxsize=1)(_isolated_session)


@lru_cache(maxsize=512)
def _made(service: str, region: str, endpoint: str | None) -> Any:
    return session().create_client(service, region_name=region, endpoint_url=endpoint, config=_config())


def client(service: str, region: str) -> Any:
    """Return the process's client for a service and region; it signs only inside `signed_by`."""
    endpoint = settings.SIMULATOR_ENDPOINT_URL if settings.AWS_MODE == "simulator" else None
    with _making:  # Making clients is not thread-safe in botocore; using them is.
        return _made(service, region, endpoint)
