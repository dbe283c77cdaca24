"""Tickets of the stream: only what a page signed, and not for ever."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core import signing

from quests.live.tickets import MAXIMUM_AGE_SECONDS, InvalidTicket, read_ticket, stream_url

TOPICS = {"team": "team:1", "board": "board:2"}


def ticket_of(topics: dict[str, str]) -> str:
    return parse_qs(urlsplit(stream_url(topics)).query)["ticket"][0]


def test_a_ticket_gives_back_the_topics_by_their_page_names() -> None:
    assert read_ticket(ticket_of(TOPICS)) == {"team:1": "team", "board:2": "board"}


@pytest.mark.parametrize("forged", ["", "nonsense", "a:b:c", "Ω"])
def test_an_invented_ticket_is_refused(forged: str) -> None:
    with pytest.raises(InvalidTicket):
        read_ticket(forged)


def test_topics_cannot_be_exchanged_under_a_signature() -> None:
    _, age, signature = ticket_of(TOPICS).split(":")
    wanted = ticket_of({"team": "team:99"}).split(":")[0]
    with pytest.raises(InvalidTicket):
        read_ticket(f"{wanted}:{age}:{signature}")


def test_what_was_signed_for_something_else_is_no_ticket() -> None:
    packed = ticket_of(TOPICS).split(":")[0]
    with pytest.raises(InvalidTicket):
        read_ticket(signing.TimestampSigner(salt="another.purpose").sign(packed))


def test_an_aged_ticket_is_refused() -> None:
    class Yesterday(signing.TimestampSigner):
        def timestamp(self) -> str:
            signed = signing.b62_decode(super().timestamp())
            return signing.b62_encode(signed - int(timedelta(seconds=MAXIMUM_AGE_SECONDS + 1).total_seconds()))

    packed = ticket_of(TOPICS).split(":")[0]
    with pytest.raises(InvalidTicket):
        read_ticket(Yesterday(salt="quests.live").sign(packed))
