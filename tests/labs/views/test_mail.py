"""Mail without a mail server: staff read it in the site, safely; with one, the pages are not there."""

import logging
from pathlib import Path
from typing import Any

import pytest
from django.core.mail import EmailMessage, EmailMultiAlternatives, get_connection, send_mail
from django.test import Client
from django.urls import reverse

from labs.mail import BACKEND, SHOWN, letters
from tests.quests.conftest import new_person

pytestmark = [pytest.mark.services, pytest.mark.django_db]

LINE = "-" * 79


@pytest.fixture
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.EMAIL_BACKEND, settings.EMAIL_FILE_PATH = BACKEND, str(tmp_path)
    return tmp_path


@pytest.fixture
def staff() -> Client:
    browser = Client()
    browser.force_login(new_person("Olive", is_staff=True))
    return browser


def page(browser: Client, name: str, *arguments: str) -> str:
    answer = browser.get(reverse(name, args=arguments))
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_a_forgotten_password_is_one_click_away_for_staff(folder: Path, staff: Client) -> None:
    person = new_person("Ada")
    Client().post(reverse("account_reset_password"), {"email": person.email})
    (letter,) = letters(folder)
    assert letter.to == person.email
    assert f'href="{reverse("mail", args=[letter.name])}"' in page(staff, "mails")
    shown = page(staff, "mail", letter.name)
    assert 'href="http://testserver/accounts/password/reset/key/' in shown
    assert f"<dd>{person.email}</dd>" in shown
    assert f'<a href="{reverse("mails")}"' in page(staff, "home")


def test_the_newest_comes_first_and_old_ones_are_left_out(folder: Path, staff: Client) -> None:
    for number in range(SHOWN + 5):
        name = f"20260504-09{number // 60:02}{number % 60:02}-1.log"
        date = f"Mon, 04 May 2026 09:{number // 60:02}:{number % 60:02} +0000"
        (folder / name).write_text(
            f"Content-Type: text/plain\nSubject: Letter {number}\nDate: {date}\n\nHello.\n{LINE}\n"
        )
    subjects = [letter.subject for letter in letters(folder)]
    assert subjects == [f"Letter {number}" for number in range(SHOWN + 4, 4, -1)]
    assert page(staff, "mails").count("Letter ") == SHOWN


def test_letters_that_share_a_file_are_told_apart(folder: Path) -> None:
    with get_connection() as connection:
        connection.send_messages(
            [EmailMessage(f"No {n}", f"One\n{LINE}\nTwo", to=[f"{n}@example.com"]) for n in (1, 2)]
        )
    assert len(list(folder.iterdir())) == 1
    assert sorted((letter.subject, letter.text.strip()) for letter in letters(folder)) == [
        ("No 1", f"One\n{LINE}\nTwo"),
        ("No 2", f"One\n{LINE}\nTwo"),
    ]


def test_what_people_typed_is_shown_as_text(folder: Path, staff: Client) -> None:
    hostile = "<script>alert(1)</script> javascript:alert(1)"
    letter = EmailMultiAlternatives(f"Hello {hostile} ✈", f"Dear {hostile} ✈", "labs@example.com", ["ada@example.com"])
    letter.attach_alternative("<b>never shown</b>", "text/html")
    letter.send()
    (name,) = (letter.name for letter in letters(folder))
    for shown in (page(staff, "mail", name), page(staff, "mails")):
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown
        assert "✈" in shown
        assert "<script>alert" not in shown
        assert 'href="javascript:' not in shown
        assert "never shown" not in shown


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no header at all",
        b"\xff\xfe\x00garbage\n" * 50,
        b"Content-Type: text/plain; charset=klingon\nSubject: =?klingon?b?AA==?=\nDate: yesterday\n\nqapla'\n",
        b'Content-Type: multipart/mixed; boundary="x"\n\n--x\nContent-Transfer-Encoding: base64\n\n!!!\n',
    ],
)
def test_a_damaged_file_breaks_no_page(folder: Path, staff: Client, content: bytes) -> None:
    (folder / "20260504-093000-1.log").write_bytes(content)
    page(staff, "mails")
    for letter in letters(folder):
        page(staff, "mail", letter.name)


def test_only_what_the_site_wrote_into_the_folder_is_ever_read(folder: Path, staff: Client, tmp_path: Path) -> None:
    secret = tmp_path.parent / "secret.log"
    secret.write_text("Content-Type: text/plain\nSubject: Secret\n\nSecret.\n")
    (folder / "20260504-093000-1.log").symlink_to(secret)
    (folder / "other.log").write_text("Content-Type: text/plain\nSubject: Secret\n\nSecret.\n")
    (folder / "20260504-093000-2.log").mkdir()
    assert letters(folder) == []
    for path in ("..%2Fsecret", "../secret", "....//secret.log", "20260504-093000-1-1", "%2Fetc%2Fpasswd"):
        assert staff.get(f"{reverse('mails')}{path}/").status_code == 404
    secret.unlink()


def test_a_folder_that_is_not_there_yet_holds_no_letter(folder: Path, staff: Client, settings: Any) -> None:
    settings.EMAIL_FILE_PATH = str(folder / "later")
    assert "No letter yet" in page(staff, "mails")


def test_with_a_mail_server_there_is_no_such_page_and_no_link(settings: Any, staff: Client) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    assert staff.get(reverse("mails")).status_code == 404
    assert staff.get(reverse("mail", args=["20260504-093000-1-1"])).status_code == 404
    assert reverse("mails") not in page(staff, "home")


def test_the_log_says_to_whom_but_not_what(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "labs.mail"):
        send_mail("Your key", "It is 12345.", None, ["ada@example.com"])
    (line,) = (str(record.msg) for record in caplog.records if record.name == "labs.mail")
    assert "mail.written" in line
    assert "ada@example.com" in line
    assert "12345" not in line
