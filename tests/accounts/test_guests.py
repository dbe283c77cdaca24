"""Guests: in without e-mail, back with a code, and on to a full account with everything kept."""

import re
from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from accounts.domain import codes
from accounts.domain.refusals import TooManyAttempts, UnableToIssue, WrongCode
from accounts.models import SignInCode, User
from quests.domain import guests
from quests.domain.joining import create_team
from quests.domain.refusals import UnableToJoin
from quests.models import Event, Participation
from tests.accounts.mail import latest_code, who
from tests.quests.conftest import MakePerson

pytestmark = [pytest.mark.services, pytest.mark.django_db]

ROOM = "203.0.113.7"


def join(event: Event, name: str = "Gus") -> tuple[Client, str]:
    """Come in through the page, and return the browser with the return code that it showed."""
    client = Client(REMOTE_ADDR=ROOM)
    page = client.post(reverse("guest_join"), {"code": event.join_code.lower(), "name": name})
    shown = re.search(r"<code>([A-Z0-9]{5}-[A-Z0-9]{5})</code>", page.content.decode())
    assert shown, page.content.decode()
    return client, shown[1]


def come_back(event: Event, personal: str) -> Client:
    client = Client(REMOTE_ADDR=ROOM)
    client.post(reverse("guest_return"), {"code": event.join_code, "personal": personal})
    return client


def test_a_guest_comes_in_and_back_with_the_code_that_was_shown(event: Event) -> None:
    client, code = join(event)
    guest = User.objects.get(name="Gus")
    assert who(client) == str(guest.pk)
    assert guest.email is None
    assert list(guest.participations.values_list("event", flat=True)) == [event.pk]
    assert who(come_back(event, code.lower().replace("-", " "))) == str(guest.pk)


def test_the_code_is_stored_only_as_a_digest_and_never_shown_again(event: Event) -> None:
    client, code = join(event)
    plain = code.replace("-", "")
    stored = SignInCode.objects.get()
    assert plain not in str(stored.__dict__) and code not in str(stored.__dict__)
    pages = [client.get(url).content.decode() for url in (reverse("event", args=[event.slug]), reverse("profile"))]
    assert all(code not in page for page in pages)


def test_sending_the_form_again_makes_no_second_guest(event: Event) -> None:
    client, _ = join(event)
    client.post(reverse("guest_join"), {"code": event.join_code, "name": "Gus"})
    assert User.objects.filter(name="Gus").count() == 1


def test_a_code_is_good_in_its_own_event_only(event: Event) -> None:
    _, code = join(event)
    other = Event.objects.get(pk=event.pk)
    other.pk, other.slug, other.join_code = None, "other", "OTHER2"
    other.save()
    assert who(come_back(other, code)) is None


def test_a_new_code_ends_the_former_one(event: Event) -> None:
    client, first = join(event)
    page = client.post(reverse("return_code_renew", args=[event.slug])).content.decode()
    second = re.search(r"<code>([A-Z0-9]{5}-[A-Z0-9]{5})</code>", page)
    assert second
    assert who(come_back(event, first)) is None
    assert who(come_back(event, second[1])) is not None


@pytest.mark.parametrize("name", ["", "   ", "x" * 61, "\u200b", "a\u202eb"])
def test_a_name_that_nobody_can_read_is_refused(event: Event, name: str) -> None:
    page = Client().post(reverse("guest_join"), {"code": event.join_code, "name": name})
    assert page.status_code == 422
    assert not Participation.objects.filter(event=event).exists()


def test_an_event_without_guests_says_so(event: Event, organizer: User, now: datetime) -> None:
    guests.allow_guests(now=now, event=event, allowed=False, actor=organizer)
    page = Client().post(reverse("guest_join"), {"code": event.join_code, "name": "Gus"})
    assert page.status_code == 422
    assert "takes no guests" in page.content.decode()


def test_an_unknown_event_makes_nobody(db: None) -> None:
    assert Client().post(reverse("guest_join"), {"code": "NOPE99", "name": "Gus"}).status_code == 422
    assert not User.objects.filter(name="Gus").exists()


def test_a_hundred_guests_come_in_and_back_from_one_address(event: Event) -> None:
    found = [join(event, f"G{number}") for number in range(100)]
    assert all(who(come_back(event, code)) == who(client) for client, code in found)


def test_guessing_is_slowed_per_event_and_a_right_code_works_in_the_next_minute(event: Event, now: datetime) -> None:
    _, code = join(event)
    with pytest.raises(TooManyAttempts):
        for number in range(codes.ATTEMPTS_PER_MINUTE + 1):
            try:
                codes.redeem_code(now=now, scope=event.id, code=f"guess{number}")
            except WrongCode:
                continue
    with pytest.raises(UnableToJoin):
        guests.come_back(now=now, code=event.join_code, personal=code)
    assert guests.come_back(now=now + timedelta(minutes=1), code=event.join_code, personal=code)[1].name == "Gus"


def test_an_upgraded_guest_is_the_same_person_with_the_same_team(event: Event, now: datetime) -> None:
    client, code = join(event)
    guest = User.objects.get(name="Gus")
    team = create_team(now=now, participation=guest.participations.get(), name="Dodos")
    client.post(reverse("account_email"), {"action_add": "", "email": "gus@example.com"})
    client.post(reverse("account_email_verification_sent"), {"code": latest_code("gus@example.com")})
    after = User.objects.get(email="gus@example.com")
    assert (after.pk, after.participations.get().enrollment) == (guest.pk, team)
    assert who(come_back(event, code)) is None
    again = Client()
    again.post(reverse("account_request_login_code"), {"email": "gus@example.com"})
    again.post(reverse("account_confirm_login_code"), {"code": latest_code("gus@example.com")})
    assert who(again) == str(guest.pk)


def test_an_upgraded_guest_may_set_a_password(event: Event) -> None:
    client, _ = join(event)
    client.post(reverse("account_email"), {"action_add": "", "email": "gil@example.com"})
    client.post(reverse("account_email_verification_sent"), {"code": latest_code("gil@example.com")})
    client.post(reverse("account_set_password"), {"password1": "Long-enough-7", "password2": "Long-enough-7"})
    assert User.objects.get(email="gil@example.com").check_password("Long-enough-7")


def test_whoever_has_an_address_gets_no_return_code(event: Event, make_person: MakePerson, now: datetime) -> None:
    person = make_person()
    with pytest.raises(UnableToIssue):
        codes.issue_return_code(now=now, user=person, scope=event.id, actor=person.id)


def test_a_one_time_code_signs_in_once(event: Event, make_person: MakePerson, now: datetime) -> None:
    person = make_person()
    code = codes.issue_one_time_code(now=now, user=person, scope=event.id, actor=None)
    assert codes.redeem_code(now=now, scope=event.id, code=code) == person
    with pytest.raises(WrongCode):
        codes.redeem_code(now=now, scope=event.id, code=code)


def test_a_one_time_code_ends_after_a_quarter_of_an_hour(event: Event, make_person: MakePerson, now: datetime) -> None:
    code = codes.issue_one_time_code(now=now, user=make_person(), scope=event.id, actor=None)
    with pytest.raises(WrongCode):
        codes.redeem_code(now=now + codes.ONE_TIME_LASTS, scope=event.id, code=code)


def test_codes_outlive_a_new_secret_key_while_the_former_one_is_named(
    event: Event, now: datetime, settings: object
) -> None:
    _, code = join(event)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]  # type: ignore[attr-defined]
    settings.SECRET_KEY = "a-new-key" * 8  # type: ignore[attr-defined]
    assert codes.redeem_code(now=now, scope=event.id, code=code).name == "Gus"
