"""Rosters: every row judged before anything happens, then imported exactly so, with one invitation each."""

from datetime import datetime

import pytest
from django.core import mail

from accounts.models import AuditEntry, User
from quests.domain.brackets import set_brackets
from quests.domain.joining import join_event, join_team
from quests.domain.letters import AGAIN_AFTER, CLAIM, claim_letters, send_letter
from quests.domain.queries.people import people_of
from quests.domain.refusals import UnableToImport
from quests.domain.roster_files import (
    HEADER,
    LARGEST,
    MOST_ROWS,
    decode_roster,
    read_roster,
    roster_rows,
    write_roster,
)
from quests.domain.rosters import import_roster, preview_roster
from quests.domain.seats import captain_of
from quests.models import Enrollment, Event, Letter
from tests.quests.conftest import MakePerson, new_event, new_team

pytestmark = [pytest.mark.services, pytest.mark.django_db]

HEAD = "name,e-mail,team,disciplines,experience,bracket\n"


def outcomes(event: Event, text: str) -> list[tuple[str, str, str]]:
    return [(row.kind, row.team, row.said) for row in preview_roster(event=event, text=text).outcomes]


def imported(event: Event, text: str, now: datetime, actor: User) -> None:
    token = preview_roster(event=event, text=text).token
    import_roster(now=now, event=event, text=text, token=token, actor=actor)


def send_all(now: datetime) -> int:
    return sum(send_letter(now=now, letter=key) for key in claim_letters(now=now, limit=100))


@pytest.mark.parametrize(
    "data",
    [
        b"Name,E-Mail,Team\nAda,ada@x.example.com,Dodos\n",
        b"\xef\xbb\xbfFull name;mail;TEAM NAME\r\nAda;ada@x.example.com;Dodos\r\n",
        b"team\tdisplay_name\te_mail\tshoe size\nDodos\t Ada \tada@x.example.com\t38\n\n\n",
        b'e-mail,"name","team"\n"ada@x.example.com","Ada","Dodos"',
    ],
)
def test_headers_separators_and_marks_may_differ(data: bytes) -> None:
    (line,) = read_roster(decode_roster(data))
    assert (line.number, line.name, line.email, line.team) == (2, "Ada", "ada@x.example.com", "Dodos")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"Name,Team\nAda,Dodos\n", "this is missing: email"),
        (b"", "this is missing: name, email"),
        (HEAD.encode(), "nobody below it"),
        (b"name,name,email\nA,B,c@d.example.com\n", "Two columns are called name"),
        (b"name,email\nJos\xe9,a@b.example.com\n", "not UTF-8"),
        (b"name,email\nA\0,a@b.example.com\n", "no text"),
        (b'name,email\n"Ada,a@b.example.com\n', "cannot be read as CSV"),
        (b"x" * (LARGEST + 1), "larger than 256 KiB"),
        (HEAD.encode() + b"A,a@b.example.com\n" * (MOST_ROWS + 1), "more than 1000 people"),
    ],
)
def test_what_is_no_roster_is_refused_with_the_reason(data: bytes, words: str) -> None:
    with pytest.raises(UnableToImport, match=words):
        read_roster(decode_roster(data))


def test_every_row_has_its_outcome(team: Enrollment, now: datetime, organizer: User, make_person: MakePerson) -> None:
    event = team.event
    ada = team.participations.get().user
    known, loner = make_person("Known"), make_person("Loner")
    join_event(now=now, code=event.join_code, user=loner)
    closed = make_person("Closed")
    User.objects.filter(pk=closed.pk).update(is_active=False)
    set_brackets(now=now, event=event, names=["Students"], actor=organizer)
    event.refresh_from_db()
    text = HEAD + "\n".join(
        [
            "Newcomer,new@x.example.com,Fresh,ops; QA,4,students",
            f"Known,{str(known.email).upper()},fresh,,,",
            f"Ada,{ada.email},Hippo Ballerinas,,,",
            f"Loner,{loner.email},hippo ballerinas,,,",
            "Third,third@x.example.com,Fresh,,,",
            "Twice,NEW@x.example.com,,,,",
            f"Closed,{closed.email},,,,",
            "Bad,nobody,,,,",
            "Odd,odd@x.example.com,,juggling,,",
            "Proud,proud@x.example.com,,,11,",
            "Lost,lost@x.example.com,Fresh two,,,Seniors",
            "\u202eevil,evil@x.example.com,,,,",
            "Last,last@x.example.com,Last place,,,",
            "None,none@x.example.com,One too many,,,",
            "Alone,alone@x.example.com,,,,",
        ]
    )
    before = User.objects.count()
    assert outcomes(event, text) == [
        ("new", "Fresh", "founds the team"),
        ("known", "Fresh", ""),
        ("in", "Hippo Ballerinas", ""),
        ("moved", "Hippo Ballerinas", ""),
        ("refused", "Fresh", "The team is full: at most 2 people."),
        ("refused", "", "The address is in line 2 already."),
        ("refused", "", "This person's account here is closed."),
        ("refused", "", "This is no e-mail address."),
        (
            "refused",
            "",
            "“juggling” is no discipline. "
            "There are: frontend, backend, operations, security, data, qa, product, design.",
        ),
        ("refused", "", "Experience is a number from 1 (new to it) to 5 (every day), or empty."),
        ("refused", "Fresh two", "The event has no bracket “Seniors”."),
        (
            "refused",
            "",
            "This name holds a hidden character that turns the direction of text: retype it.",
        ),
        ("new", "Last place", "founds the team"),
        ("refused", "One too many", "There is no place left for another team."),
        ("new", "", ""),
    ]
    assert (User.objects.count(), event.enrollments.count(), Letter.objects.count()) == (before, 1, 0)

    imported(event, text, now, organizer)

    fresh = event.enrollments.get(name="Fresh")
    captain = captain_of(fresh)
    assert captain is not None and captain.user.name == "Newcomer"
    assert (fresh.bracket, fresh.place is not None) == ("Students", True)
    newcomer = User.objects.get(email="new@x.example.com")
    assert (newcomer.disciplines, newcomer.experience, newcomer.has_usable_password()) == (
        ["operations", "qa"],
        4,
        False,
    )
    assert sorted(team.participations.values_list("user__name", flat=True)) == ["Ada", "Loner"]
    assert User.objects.count() == before + 3
    invited = sorted(Letter.objects.values_list("user__name", flat=True))
    assert invited == ["Alone", "Known", "Last", "Newcomer"]
    assert AuditEntry.objects.get(action="event.import").details["reason"] == (
        "new: invited: 3, known: added: 1, already in: 1, changes team: 1, not imported: 9"
    )
    assert {kind for kind, _team, _said in outcomes(event, text)} == {"in", "refused"}


def test_what_people_said_about_themselves_stays(event: Event, now: datetime, organizer: User) -> None:
    ada = User.objects.create_user("ada@x.example.com", name="Ada", disciplines=["data"], experience=2)
    imported(event, HEAD + "Someone else,ada@x.example.com,,qa,5,\n", now, organizer)
    ada.refresh_from_db()
    assert (ada.name, ada.disciplines, ada.experience) == ("Ada", ["data"], 2)


def test_what_has_changed_since_the_preview_is_not_imported(
    team: Enrollment, now: datetime, organizer: User, make_person: MakePerson
) -> None:
    event, text = team.event, HEAD + "New,new@x.example.com,Hippo Ballerinas,,,\n"
    token = preview_roster(event=event, text=text).token
    ben = join_event(now=now, code=event.join_code, user=make_person("Ben"))
    join_team(now=now, participation=ben, enrollment=team)
    with pytest.raises(UnableToImport, match="Meanwhile the event, its teams or its people have changed"):
        import_roster(now=now, event=event, text=text, token=token, actor=organizer)
    other = text.replace("New,", "Newer,")
    with pytest.raises(UnableToImport, match="Meanwhile"):
        import_roster(now=now, event=event, text=other, token=token, actor=organizer)
    assert not User.objects.filter(email="new@x.example.com").exists()
    assert Letter.objects.count() == 0


def test_an_invitation_is_sent_once_with_the_calendar_entry(event: Event, now: datetime, organizer: User) -> None:
    text = HEAD + "New,new@x.example.com,Fresh,,,\n"
    imported(event, text, now, organizer)
    keys = claim_letters(now=now, limit=100)
    assert claim_letters(now=now, limit=100) == []
    assert [send_letter(now=now, letter=key) for key in keys * 2] == [True, False]
    assert claim_letters(now=now + 2 * CLAIM, limit=100) == []
    (letter,) = mail.outbox
    assert letter.to == ["new@x.example.com"]
    assert letter.subject == "GameDay Labs: You are invited to Test flight"
    assert "Your team is Fresh." in str(letter.body)
    assert f"/accounts/login/code/?next=/events/{event.slug}/" in str(letter.body)
    (name, calendar, kind) = letter.attachments[0]
    assert (name, kind) == ("event.ics", "text/calendar")
    assert f"UID:{event.id}@" in (calendar if isinstance(calendar, str) else calendar.decode())


def test_a_letter_that_the_server_refuses_is_tried_again(
    event: Event, now: datetime, organizer: User, settings: object
) -> None:
    imported(event, HEAD + "New,new@x.example.com,,,,\n", now, organizer)
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"  # type: ignore[attr-defined]
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1  # type: ignore[attr-defined]
    assert send_all(now) == 0
    assert Letter.objects.get().sent_at is None
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"  # type: ignore[attr-defined]
    assert send_all(now) == 0
    assert send_all(now + AGAIN_AFTER) == 1
    assert len(mail.outbox) == 1


def test_somebody_who_has_left_for_good_gets_no_letter(event: Event, now: datetime, organizer: User) -> None:
    imported(event, HEAD + "New,new@x.example.com,,,,\n", now, organizer)
    User.objects.filter(email="new@x.example.com").update(email=None, is_active=False)
    assert send_all(now) == 0
    assert (mail.outbox, Letter.objects.get().sent_at) == ([], None)


def test_an_export_holds_no_formula_and_can_be_imported_again(
    event: Event, now: datetime, organizer: User, make_person: MakePerson
) -> None:
    evil = make_person('=HYPERLINK("http://x")')
    new_team(event, now, "+Plus", evil)
    User.objects.filter(pk=evil.pk).update(disciplines=["qa", "data"], experience=3)
    text = write_roster(roster_rows(people_of(event)))
    assert text.splitlines()[0] == ",".join(HEADER)
    assert not any(line.startswith(("=", '"=', "+")) for line in text.splitlines())
    assert '"\'=HYPERLINK(""http://x"")"' in text
    assert outcomes(event, text) == [("in", "+Plus", "")]
    later = new_event(now=now, release=event.release, organizer=organizer, name="Again")
    assert outcomes(later, text) == [("known", "+Plus", "founds the team")]
