"""AWS's federation endpoint, which turns keys of a session into a sign-in to the web console.

It has no signature and no client in botocore: keys go in, a sign-in token comes out. So it is asked by https only,
directly (no proxy variable may send keys elsewhere), following no redirect, and no error repeats the address.
"""

import json
import urllib.error
import urllib.request
from http.client import HTTPException
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.conf import settings

from provisioning.aws.clients import Credentials
from provisioning.aws.errors import AwsError, Denied, Transient
from provisioning.aws.hub import is_loopback

SECONDS, LONGEST_ANSWER = 10, 65_536
OPERATION = "getSigninToken"


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirect)


def has_console() -> bool:
    """Tell whether there is a console to sign in to; the simulator has none."""
    return bool(settings.AWS_FEDERATION_ENDPOINT)


def sign_in_url(credentials: Credentials, *, destination: str, issuer: str) -> str:
    """Return an address that signs a browser in to the console as a session, for as long as the session lasts.

    The address works for 15 minutes. `issuer` is where the console sends people whose session is over. Raises
    Transient or Denied.
    """
    endpoint = _endpoint()
    keys = {
        "sessionId": credentials.access_key_id,
        "sessionKey": credentials.secret_access_key,
        "sessionToken": credentials.token,
    }
    # No SessionDuration: AWS refuses it for a chained session, and without it the console ends with the keys.
    token = _signin_token(f"{endpoint}?{urlencode({'Action': OPERATION, 'Session': json.dumps(keys)})}")
    login = {"Action": "login", "Issuer": issuer, "Destination": destination, "SigninToken": token}
    return f"{endpoint}?{urlencode(login)}"


def _endpoint() -> str:
    endpoint: str = settings.AWS_FEDERATION_ENDPOINT
    parts = urlsplit(endpoint)
    is_rehearsal = settings.AWS_MODE == "simulator" and is_loopback(parts.hostname or "")
    if parts.scheme != "https" and not (parts.scheme == "http" and is_rehearsal):
        raise Denied("UnsafeFederationEndpoint", "AWS_FEDERATION_ENDPOINT must be an https address.")
    return endpoint


def _signin_token(address: str) -> str:
    try:
        with _direct.open(address, timeout=SECONDS) as answer:
            found = json.loads(answer.read(LONGEST_ANSWER))["SigninToken"]
    except urllib.error.HTTPError as error:
        error.close()
        raise _refused(error.code) from None
    except (OSError, HTTPException) as error:
        raise Transient("FederationUnreachable", type(error).__name__, operation=OPERATION) from None
    except (ValueError, KeyError, TypeError):
        raise Transient("FederationUnreadable", "The answer holds no token.", operation=OPERATION) from None
    return str(found)


def _refused(status: int) -> AwsError:
    kind = Transient if status >= 500 or status == 429 else Denied
    return kind("FederationRefused", f"The sign-in endpoint answered {status}.", operation=OPERATION)
