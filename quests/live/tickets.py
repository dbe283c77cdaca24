"""Tickets for the stream: a page that may show something signs for it, so the stream needs no database."""

import json
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode

from django.core import signing
from django.urls import reverse

SALT = "quests.live"
# Longer than the longest event: a page that stays open finds its way back to the stream after every interruption.
# What a nudge leads to is authorized afresh on every fetch.
MAXIMUM_AGE_SECONDS = 15 * 24 * 3600


class InvalidTicket(Exception):
    """The ticket was not made here, or it is too old."""


def stream_url(topics: dict[str, str]) -> str:
    """Return the address of a stream for these topics, given as page name → topic."""
    packed = urlsafe_b64encode(zlib.compress(json.dumps(topics, separators=(",", ":")).encode())).decode()
    return f"{reverse('live')}?ticket={signing.TimestampSigner(salt=SALT).sign(packed)}"


def read_ticket(ticket: str) -> dict[str, str]:
    """Return topic → page name for a ticket. Raises InvalidTicket."""
    try:
        packed = signing.TimestampSigner(salt=SALT).unsign(ticket, max_age=MAXIMUM_AGE_SECONDS)
    except signing.BadSignature as error:
        raise InvalidTicket(str(error)) from error
    topics: dict[str, str] = json.loads(zlib.decompress(urlsafe_b64decode(packed)))
    return {topic: name for name, topic in topics.items()}
