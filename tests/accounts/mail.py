"""Reading the letters that a test's pages send."""

import re

from django.core import mail
from django.test import Client

_CODE = re.compile(r"^[A-Z0-9]{3,}(?:-[A-Z0-9]{3,})+$|^\d{6}$|^[A-Z0-9]{6}$", re.MULTILINE)


def latest_code(to: str) -> str:
    """Return the code in the last letter to the address."""
    letters = [letter for letter in mail.outbox if letter.to == [to]]
    assert letters, f"no letter to {to}"
    found = _CODE.findall(letters[-1].body)
    assert found, letters[-1].body
    return str(found[-1])


def who(client: Client) -> str | None:
    """Return the id of the person who is signed in."""
    return client.session.get("_auth_user_id")
