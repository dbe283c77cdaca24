"""A link into the AWS web console, made for one person at one click."""

import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.conf import settings

from accounts.domain import audit
from provisioning.aws import federation
from provisioning.aws.clients import Credentials as Keys
from provisioning.aws.errors import AwsError
from provisioning.domain.access import AccessUnavailable, NoAccess, credentials_for_person
from provisioning.models import Lease

# A link is good for a quarter of an hour at AWS; whoever comes in last should still have time to work.
LINK_LASTS = timedelta(minutes=15)
LEAST = timedelta(minutes=50)
# Ends whichever console session the browser has, so that the next link opens in the right account.
SIGN_OUT_URL = "https://console.aws.amazon.com/console/logout!doLogout"


class NoConsole(NoAccess):
    """There is no web console in this mode."""

    code = "NoConsole"


@dataclass(frozen=True)
class ConsoleLink:
    """A sign-in link: it must be opened before `open_by`, and the console it opens ends at `expires_at`."""

    url: str = field(repr=False)
    open_by: datetime
    expires_at: datetime
    account_id: str


def has_console() -> bool:
    """Tell whether there is a console to link to; the simulator has none."""
    return federation.has_console()


def console_link(*, now: datetime, lease: Lease, person: uuid.UUID) -> ConsoleLink:
    """Return a new link into the console of a lease's account, journaled.

    Raises NoConsole, or what `credentials_for_person` raises.
    """
    if not federation.has_console():
        raise NoConsole("The simulated AWS has no web console. Use the workbench, or the AWS command line.")
    keys = credentials_for_person(now=now, lease=lease, person=person, minimum_left=LEAST)
    region = lease.blueprint.regions[0]
    destination = f"https://{region}.console.aws.amazon.com/console/home?{urlencode({'region': region})}"
    try:
        url = federation.sign_in_url(
            Keys(keys.access_key_id, keys.secret_access_key, keys.token, keys.expires_at),
            destination=destination,
            issuer=settings.PUBLIC_BASE_URL,
        )
    except AwsError as error:
        raise AccessUnavailable("AWS does not make a console link right now. Try again in a few seconds.") from error
    audit.record(
        now=now,
        action="access.console",
        subject=f"lease:{lease.pk}",
        actor=person,
        scope=lease.scope,
        account=keys.account_id,
        access_key_id=keys.access_key_id,
        expires_at=keys.expires_at.isoformat(),
    )
    return ConsoleLink(url, min(now + LINK_LASTS, keys.expires_at), keys.expires_at, keys.account_id)
