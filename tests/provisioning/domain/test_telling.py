"""Operators are told by mail and webhook: in digests, with patience, and one channel's trouble is not the other's."""

import hashlib
import hmac
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.core import mail
from pytest_django.fixtures import Settings

from accounts.models import User
from provisioning import tasks
from provisioning.domain import notices, telling
from provisioning.models import Notice
from tests.provisioning.rows import new_staff
from tests.provisioning.webhooks import Webhook, running_webhook

pytestmark = [pytest.mark.services, pytest.mark.django_db]

MINUTE = timedelta(minutes=1)


@pytest.fixture
def webhook(settings: Settings) -> Iterator[Webhook]:
    with running_webhook() as hook:
        settings.OPERATOR_WEBHOOK_URL = hook.url
        yield hook


@pytest.fixture
def staff() -> User:
    return new_staff()


def trouble(now: datetime, name: str = "odd") -> Notice:
    told = notices.notify(now=now, key=name, subject="account:123456789012", title=f"It is {name}", text="Look at it.")
    assert told is not None
    return told


def test_staff_with_an_address_are_told_with_a_link(now: datetime, staff: User) -> None:
    User.objects.create_user("gone@example.com", "x", name="Gone", is_staff=True, is_active=False)
    User.objects.create_user(None, "x", name="Guest", is_staff=True)
    User.objects.create_user("player@example.com", "x", name="Player")
    told = trouble(now)

    assert telling.deliver_due(now=now) == 1

    assert [(each.to, each.subject) for each in mail.outbox] == [([staff.email], "[GameDay Labs] It is odd")]
    assert "Look at it.\nhttp://127.0.0.1:" in str(mail.outbox[0].body)
    assert str(mail.outbox[0].body).endswith("/staff/accounts/123456789012/")
    told.refresh_from_db()
    assert (told.mailed_at, told.posted_at, told.due_at, told.error) == (now, None, None, "")


def test_named_addresses_take_the_staff_s_place(now: datetime, staff: User, settings: Settings) -> None:
    settings.OPERATOR_EMAILS = ["cloud@example.com", "night@example.com"]
    trouble(now)
    telling.deliver_due(now=now)
    assert [each.to for each in mail.outbox] == [["cloud@example.com"], ["night@example.com"]]


def test_a_storm_is_one_mail_a_minute(now: datetime, staff: User) -> None:
    trouble(now, "first")
    assert telling.deliver_due(now=now) == 1
    for number in range(25):
        trouble(now + timedelta(seconds=number), f"storm {number:02}")

    assert telling.is_due(now=now + MINUTE / 2) is False
    assert telling.deliver_due(now=now + MINUTE / 2) == 0
    assert telling.is_due(now=now + MINUTE) is True
    assert telling.deliver_due(now=now + MINUTE) == 25
    assert telling.deliver_due(now=now + 3 * MINUTE) == 0

    assert [each.subject for each in mail.outbox] == [
        "[GameDay Labs] It is first",
        "[GameDay Labs] 25 things need a person",
    ]
    body = str(mail.outbox[1].body)
    assert "It is storm 19" in body
    assert "It is storm 20" not in body
    assert "and 5 more: http://127.0.0.1:" in body


def test_the_webhook_gets_a_text_and_a_signature(
    now: datetime, staff: User, webhook: Webhook, settings: Settings
) -> None:
    settings.OPERATOR_WEBHOOK_SECRET = "between us"
    told = trouble(now)

    assert telling.deliver_due(now=now) == 1

    headers, body = webhook.posts[0]
    signed = f"{int(now.timestamp())}.".encode() + body
    expected = hmac.new(b"between us", signed, hashlib.sha256).hexdigest()
    assert headers["X-GameDay-Signature"] == f"sha256={expected}"
    assert webhook.messages[0]["text"].startswith("[GameDay Labs] It is odd\n\nIt is odd\nLook at it.\n")
    assert [each["key"] for each in webhook.messages[0]["notices"]] == ["odd"]
    told.refresh_from_db()
    assert (told.mailed_at, told.posted_at) == (now, now)


def test_a_webhook_that_is_down_is_tried_again_and_the_mail_is_not_repeated(
    now: datetime, staff: User, webhook: Webhook
) -> None:
    told = trouble(now)
    webhook.status = 503
    assert telling.deliver_due(now=now) == 0
    told.refresh_from_db()
    assert (told.mailed_at, told.posted_at, told.attempts) == (now, None, 1)
    assert told.error == "webhook: the webhook answered 503"
    assert told.due_at is not None
    assert told.due_at > now

    webhook.status = 204
    later = now + 2 * MINUTE
    assert telling.deliver_due(now=later) == 1
    told.refresh_from_db()
    assert (told.posted_at, told.error, told.due_at) == (later, "", None)
    assert len(mail.outbox) == 1


def test_a_mail_server_that_is_down_does_not_keep_the_webhook_waiting(
    now: datetime, staff: User, webhook: Webhook, settings: Settings
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    told = trouble(now)

    assert telling.deliver_due(now=now) == 0

    told.refresh_from_db()
    assert (told.mailed_at, told.posted_at) == (None, now)
    assert told.error.startswith("mail: ")


def test_a_webhook_that_hangs_is_left_in_time(now: datetime, webhook: Webhook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telling, "WEBHOOK_SECONDS", 0.2)
    webhook.hanging = True
    told = trouble(now)
    assert telling.deliver_due(now=now) == 0
    told.refresh_from_db()
    assert told.error == "webhook: the webhook did not answer within 0.2 s"


def test_a_webhook_that_leads_elsewhere_is_not_followed(now: datetime, webhook: Webhook) -> None:
    with running_webhook() as elsewhere:
        webhook.status, webhook.location = 307, elsewhere.url
        told = trouble(now)
        telling.deliver_due(now=now)
        told.refresh_from_db()
        assert told.error == "webhook: the webhook answered 307"
        assert elsewhere.posts == []


def test_proxies_of_the_environment_are_not_used(
    now: datetime, webhook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    trouble(now)
    assert telling.deliver_due(now=now) == 1


@pytest.mark.parametrize("url", ["http://chat.example.com/hook", "ftp://127.0.0.1/", "http://127.0.0.1.example.com/"])
def test_an_unsafe_webhook_is_refused_before_anything_is_sent(now: datetime, url: str, settings: Settings) -> None:
    settings.OPERATOR_WEBHOOK_URL = url
    told = trouble(now)
    assert telling.deliver_due(now=now) == 0
    told.refresh_from_db()
    assert told.error.startswith("webhook: OPERATOR_WEBHOOK_URL is not used: ")


def test_with_nobody_to_tell_the_page_says_so(now: datetime) -> None:
    told = trouble(now)
    assert telling.deliver_due(now=now) == 0
    told.refresh_from_db()
    assert (told.due_at, told.mailed_at) == (None, None)
    assert told.error.startswith("nobody to tell")


def test_what_is_over_or_taken_on_is_not_told(now: datetime, staff: User) -> None:
    trouble(now, "over")
    notices.end(now=now, keys=["over"])
    notices.acknowledge(now=now, notice=trouble(now, "mine"), actor=staff.pk)
    assert telling.is_due(now=now) is False
    assert telling.deliver_due(now=now) == 0
    assert mail.outbox == []


def test_a_worker_that_died_while_delivering_delays_it_only(now: datetime, staff: User) -> None:
    told = trouble(now)
    Notice.objects.filter(pk=told.pk).update(claimed_until=now + timedelta(seconds=90), version=7)
    assert telling.deliver_due(now=now + MINUTE) == 0
    assert telling.deliver_due(now=now + 2 * MINUTE) == 1


def test_the_local_stack_writes_mail_to_its_folder(
    now: datetime, staff: User, settings: Settings, tmp_path: Path
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = str(tmp_path)
    trouble(now)
    assert telling.deliver_due(now=now) == 1
    written = [path.read_text() for path in tmp_path.iterdir()]
    assert len(written) == 1
    assert "Subject: [GameDay Labs] It is odd" in written[0]


def test_the_tasks_find_and_tell(now: datetime, staff: User) -> None:
    trouble(now)
    tasks.review()
    tasks.tell()
    assert len(mail.outbox) == 1
