"""Who reads an announcement, on which pages, and until when."""

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from accounts.models import AuditEntry
from quests.domain.joining import join_team
from quests.domain.queries.announcements import sent_in
from quests.domain.queries.team_timeline import feed_of_team
from quests.models import Announcement, AnnouncementReading
from tests.quests.views.conftest import World
from tests.quests.views.test_coaching import at, shown

pytestmark = [pytest.mark.services, pytest.mark.django_db]
LUNCH = "Lunch is here."


def send(world: World, text: str = LUNCH, **said: object) -> Announcement:
    answer = world.client("organizer").post(at(world, "announcement_send"), {"text": text, "level": "info", **said})
    assert answer.status_code == 302
    return Announcement.objects.latest("id")


def readers(world: World, text: str = LUNCH) -> set[str]:
    part = at(world, "event") + "?part=announcements"
    everybody = ("member", "other_team", "teamless", "coach", "organizer", "other_event", "other_organizer")
    return {who for who in everybody if text in shown(world.client(who), part)}


def test_all_of_the_event_read_it_on_every_page(world: World) -> None:
    send(world)
    assert readers(world) == {"member", "other_team", "teamless", "coach", "organizer"}
    for page in ("event", "console", "board", "access", "workbench", "help"):
        assert LUNCH in shown(world.client("member"), at(world, page))
    assert LUNCH in shown(world.client("coach"), at(world, "coach_event"))
    far = world.people["other_event"]
    assert far is not None
    elsewhere = far.participations.get().event
    assert LUNCH not in shown(world.client("other_event"), reverse("event", args=[elsewhere.slug]))


def test_a_team_or_a_person_alone_reads_what_is_theirs(world: World) -> None:
    send(world, "For the hippos.", enrollment=world.team.pk)
    teamless = world.people["teamless"]
    assert teamless is not None
    send(world, "For you alone.", person=teamless.participations.get().pk)
    assert readers(world, "For the hippos.") == {"member"}
    assert readers(world, "For you alone.") == {"teamless"}
    # Whoever joins the team later reads it too; nobody puts away what is not theirs.
    for who, number in (("other_team", 404), ("member", 302)):
        told = Announcement.objects.get(text="For the hippos.")
        assert world.client(who).post(at(world, "announcement_put_away", told.pk)).status_code == number
    join_team(now=world.event.starts_at, participation=teamless.participations.get(), enrollment=world.team)
    assert readers(world, "For the hippos.") == {"teamless"}
    both = {
        "text": "For whom?",
        "level": "info",
        "enrollment": world.team.pk,
        "person": teamless.participations.get().pk,
    }
    answer = world.client("organizer").post(at(world, "announcement_send"), both)
    assert (answer.status_code, "For whom?" in answer.content.decode()) == (422, True)
    assert Announcement.objects.count() == 2


@pytest.mark.parametrize(("level", "button"), [("info", "Dismiss"), ("warning", "I have read it")])
def test_each_person_puts_it_away_for_themselves(world: World, level: str, button: str) -> None:
    told = send(world, level=level)
    member, where = world.client("member"), at(world, "announcement_put_away", told.pk)
    page = at(world, "console")
    assert button in shown(member, page)
    answer = member.post(where, headers={"referer": f"http://testserver{page}"})
    assert answer["Location"].endswith(page)
    # Twice, and from an address that leads elsewhere.
    assert member.post(where, headers={"referer": "https://elsewhere.example/"})["Location"] == at(world, "event")
    assert LUNCH not in shown(member, at(world, "board"))
    assert readers(world) == {"other_team", "teamless", "coach", "organizer"}
    assert AnnouncementReading.objects.count() == 1
    (sent,) = sent_in(event=world.event)
    assert (sent.read, sent.readers, sent.audience) == (1, 3, "")
    assert "put away by 1 of 3" in shown(world.client("organizer"), at(world, "control"))


def test_with_scripts_what_is_left_comes_back(world: World) -> None:
    first, second = send(world, "First."), send(world, "Second.")
    answer = world.client("member").post(
        at(world, "announcement_put_away", second.pk), headers={"HX-Request": "true"}, follow=True
    )
    page = answer.content.decode()
    assert ("First." in page, "Second." in page, "<html" in page) == (True, False, False)
    assert first.pk != second.pk


def test_a_warning_comes_first_and_old_notes_do_not_pile_up(world: World) -> None:
    send(world, "Careful.", level="warning")
    for number in range(7):
        send(world, f"Note {number}.")
    part = shown(world.client("member"), at(world, "event") + "?part=announcements")
    assert part.index("Careful.") < part.index("Note 6.") < part.index("Note 3.")
    assert "Note 2." not in part


def test_what_is_withdrawn_is_gone_and_stays_in_the_journal(world: World) -> None:
    told = send(world)
    for _again in range(2):
        world.client("organizer").post(at(world, "announcement_withdraw", told.pk))
    assert readers(world) == set()
    journal = AuditEntry.objects.filter(subject=f"announcement:{told.pk}").order_by("id")
    assert [(entry.action, entry.details["reason"]) for entry in journal] == [
        ("announcement.send", LUNCH),
        ("announcement.withdraw", LUNCH),
    ]
    assert "withdrawn" in shown(world.client("organizer"), at(world, "announcements"))


def test_the_database_refuses_two_audiences(world: World) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Announcement.objects.create(
            event=world.event,
            enrollment=world.team,
            person=world.event.pk,
            level="info",
            text="?",
            by=world.event.pk,
            at=world.event.starts_at,
        )


def test_the_team_feed_says_who_did_what_and_what_was_announced(world: World) -> None:
    member = world.client("member")
    member.get(at(world, "quest", "open-nest"))
    mate, rival = world.people["member"], world.people["other_team"]
    assert mate is not None and rival is not None
    member.post(at(world, "hint_reveal", "open-nest", 1))
    send(world, "For the hippos.", enrollment=world.team.pk)
    send(world, "For another one.", person=rival.participations.get().pk)

    feed = shown(member, at(world, "console") + "?part=feed")

    assert "Member opened hint 1 of “The open nest”" in feed
    assert "began “The open nest”" in feed
    assert "Olive For the hippos." in feed
    assert "For another one." not in feed
    assert len(feed_of_team(enrollment=world.team, person=mate.pk, limit=3)) == 3
    newest = feed_of_team(enrollment=world.team, person=mate.pk, limit=9)
    assert newest == sorted(newest, key=lambda each: each.at, reverse=True)
