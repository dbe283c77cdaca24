"""What an operator does for people at a terminal."""

import json
import re
from datetime import datetime

import pytest
from allauth.mfa.models import Authenticator
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEntry, User
from quests.domain.joining import join_event
from quests.models import Event
from tests.quests.conftest import MakePerson

pytestmark = [pytest.mark.services, pytest.mark.django_db]


@pytest.fixture
def ada(make_person: MakePerson) -> User:
    return make_person("Ada")


def run(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    call_command("people", *words)
    return capsys.readouterr().out


def test_a_code_signs_in(capsys: pytest.CaptureFixture[str], ada: User, event: Event, now: datetime) -> None:
    join_event(now=now, code=event.join_code, user=ada)
    said = run(capsys, "code", str(ada.email).upper(), "--event", event.slug)
    shown = re.search(r"personal code (\S+),", said)
    assert shown
    client = Client()
    client.post(reverse("guest_return"), {"code": event.join_code, "personal": shown[1]})
    assert client.session["_auth_user_id"] == str(ada.pk)


def test_what_is_known_is_told(capsys: pytest.CaptureFixture[str], ada: User) -> None:
    told = json.loads(run(capsys, "show", str(ada.email), "--json"))
    assert (told["name"], told["password"], told["second_factor"], told["sessions"]) == ("Ada", True, False, 0)
    assert "second factor  no" in run(capsys, "show", str(ada.email))


def test_a_lost_telephone_is_forgotten(capsys: pytest.CaptureFixture[str], ada: User) -> None:
    Authenticator.objects.create(user=ada, type="totp", data={})
    assert "would remove totp" in run(capsys, "forget-factors", str(ada.email), "--dry-run")
    assert Authenticator.objects.filter(user=ada).exists()
    run(capsys, "forget-factors", str(ada.email))
    assert not Authenticator.objects.filter(user=ada).exists()
    assert AuditEntry.objects.get(action="factors.forget").details == {"kinds": "totp"}


def test_a_lost_laptop_is_signed_out(capsys: pytest.CaptureFixture[str], ada: User) -> None:
    laptop = Client()
    laptop.post(reverse("account_login"), {"login": ada.email, "password": "a-good-password"})
    assert "signed out in 1 browser(s)" in run(capsys, "sign-out", str(ada.email))
    assert laptop.get(reverse("profile")).status_code == 302


@pytest.mark.parametrize(
    "words, said",
    [
        (["show", "nobody@example.com"], "Nobody here has the address"),
        (["code", "{ada}", "--event", "no-such"], "no event with the slug"),
        (["code", "{ada}"], "--event"),
        (["forget-factors", "{ada}"], "has no second factor"),
        (["dance", "{ada}"], "invalid choice"),
    ],
)
def test_wrong_input_is_explained(ada: User, words: list[str], said: str) -> None:
    with pytest.raises(CommandError, match=said):
        call_command("people", *(word.format(ada=ada.email) for word in words))
