"""Pages of people and teams, as a browser without scripts uses them."""

import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from accounts.models import User
from quests.domain.joining import join_event, join_team
from quests.domain.queries.people import people_of
from quests.models import Enrollment, Event, Participation
from tests.accounts.mail import latest_code
from tests.quests.conftest import new_person, new_team
from tests.quests.views.conftest import World

pytestmark = [pytest.mark.services, pytest.mark.django_db]


def hidden(page: str) -> dict[str, str]:
    """Return what the page's last form sends by itself."""
    last = page.rpartition("<form")[2]
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', last))


def act(world: World, name: str, words: dict[str, Any], who: str = "organizer") -> tuple[str, int]:
    """Look at what an act would do, and do it; return what was shown and the answer's status."""
    client, where = world.client(who), reverse("people_act", args=[world.event.slug, name])
    page = client.get(where, {**words, "show": "1"}).content.decode()
    return page, client.post(where, hidden(page)).status_code


def team_named(event: Event, name: str) -> Enrollment:
    return event.enrollments.get(name=name)


def test_an_organizer_moves_a_person_after_seeing_what_happens(world: World) -> None:
    person = Participation.objects.get(event=world.event, user=world.people["member"])
    rivals = team_named(world.event, "Other Birds")
    page, status = act(world, "move", {"participation": person.pk, "to": rivals.pk})
    assert "The keys of Member to the sandbox of Hippo Ballerinas end at once" in page
    assert status == 302
    person.refresh_from_db()
    assert person.enrollment == rivals


def test_of_two_organizers_the_second_one_is_told(world: World) -> None:
    person = Participation.objects.get(event=world.event, user=world.people["member"])
    where = reverse("people_act", args=[world.event.slug, "move"])
    rivals = team_named(world.event, "Other Birds")
    first, second = world.client("organizer"), world.client("staff")
    pages = [
        client.get(where, {"participation": person.pk, "to": to, "show": "1"}).content.decode()
        for client, to in ((first, rivals.pk), (second, ""))
    ]
    first.post(where, hidden(pages[0]))
    answer = second.post(where, hidden(pages[1]), follow=True).content.decode()
    assert "Meanwhile Member was moved: now in Other Birds" in answer
    person.refresh_from_db()
    assert person.enrollment == rivals


def test_teams_are_merged_and_a_no_show_freed_without_scripts(world: World) -> None:
    team, rivals = world.team, team_named(world.event, "Other Birds")
    page, status = act(world, "merge", {"old": team.pk, "into": rivals.pk})
    assert "Member move from Hippo Ballerinas to Other Birds" in page
    assert (status, rivals.participations.count()) == (302, 2)
    page, status = act(world, "free-place", {"enrollment": rivals.pk})
    assert "are without a team then" in page
    assert (status, world.event.enrollments.filter(closed_at=None).count()) == (302, 0)


def test_roles_are_given_and_taken(world: World) -> None:
    outsider = world.people["outsider"]
    assert outsider is not None
    page, _status = act(world, "add-role", {"email": outsider.email, "role": "organizer"})
    assert "may do everything that you may" in page
    role = world.event.roles.get(user=outsider)
    assert role.role == "organizer"
    act(world, "remove-role", {"own": role.pk})
    assert not world.event.roles.filter(user=outsider).exists()


def test_the_table_finds_people_and_asks_as_little_for_many(world: World, django_assert_max_num_queries: Any) -> None:
    client, where = world.client("organizer"), reverse("people", args=[world.event.slug])
    page = client.get(where, {"q": "teamless", "part": "people"}).content.decode()
    assert "Teamless" in page
    assert "Hippo" not in page
    with django_assert_max_num_queries(6):
        people_of(world.event)


def test_a_member_sees_the_team_and_says_where_it_is(world: World) -> None:
    client, where = world.client("member"), reverse("team", args=[world.event.slug, world.team.pk])
    page = client.get(where).content.decode()
    assert f"/join/?code={world.event.join_code}&amp;team={world.team.pk}" in page
    answer = client.post(reverse("team_where", args=[world.event.slug, world.team.pk]), {"call_link": "javascript:1"})
    assert answer.status_code == 422
    client.post(reverse("team_where", args=[world.event.slug, world.team.pk]), {"table": "T7", "call_link": "tel:+491"})
    page = client.get(reverse("event", args=[world.event.slug])).content.decode()
    assert 'href="tel:+491"' in page


def test_leaving_is_confirmed_first(world: World) -> None:
    client, where = world.client("member"), reverse("team_leave", args=[world.event.slug])
    page = client.get(where).content.decode()
    assert "Nobody is in Hippo Ballerinas then" in page
    assert world.team.participations.count() == 1
    client.post(where)
    assert world.team.participations.count() == 0


@pytest.mark.parametrize("guest", [False, True])
def test_an_invitation_link_leads_into_the_team(world: World, guest: bool) -> None:
    link = {"code": world.event.join_code, "team": str(world.team.pk)}
    client = Client()
    if not guest:
        client.force_login(new_person("Newcomer"))
    page = client.get(reverse("join"), link).content.decode()
    assert "You are invited to <b>Hippo Ballerinas</b>" in page
    words = hidden(page) | {"code": link["code"]}
    client.post(reverse("guest_join" if guest else "join"), words | {"name": "Newcomer"})
    assert sorted(world.team.participations.values_list("user__name", flat=True)) == ["Member", "Newcomer"]


def test_an_invitation_to_a_full_team_still_leads_into_the_event(world: World) -> None:
    new_team(world.event, world.event.starts_at, "Filler", new_person())
    for _ in range(2):
        client = Client()
        client.force_login(new_person())
        answer = client.post(
            reverse("join"), {"code": world.event.join_code, "team": world.team.pk}, follow=True
        ).content.decode()
    assert "is full" in answer
    assert world.team.participations.count() == 2


def test_a_roster_is_shown_then_imported_and_the_invited_sign_in_by_code(world: World, client: Client) -> None:
    desk, where = world.client("organizer"), reverse("roster", args=[world.event.slug])
    file = SimpleUploadedFile("people.csv", b"name;e-mail;team\nNew;new@x.example.com;\nBad;nobody;\n")
    page = desk.post(where, {"file": file}).content.decode()
    assert "This is no e-mail address." in page
    assert not User.objects.filter(email="new@x.example.com").exists()
    text = re.search(r'<textarea name="text"[^>]*>\n(.*?)</textarea>', page, re.S)
    assert text
    assert desk.post(where, {"text": text[1], **hidden(page)}).status_code == 302
    new = User.objects.get(email="new@x.example.com")
    assert new.participations.get().event == world.event
    again = desk.post(where, {"text": text[1], **hidden(page)})
    assert again.status_code == 422
    assert "Nothing was imported: look again" in again.content.decode()

    client.post(reverse("account_request_login_code"), {"email": "new@x.example.com"})
    client.post(reverse("account_confirm_login_code"), {"code": latest_code("new@x.example.com")})
    assert client.session["_auth_user_id"] == str(new.pk)
    assert client.get(reverse("event", args=[world.event.slug])).status_code == 200


def test_the_export_is_a_roster(world: World) -> None:
    answer = world.client("organizer").get(reverse("roster_export", args=[world.event.slug]))
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    text = answer.content.decode("utf-8-sig")
    assert text.splitlines()[0] == "name,e-mail,team,disciplines,experience,bracket"
    assert f"Member,{world.people['member'].email},Hippo Ballerinas,,," in text  # type: ignore[union-attr]


def test_proposed_teams_are_adjusted_by_hand_and_founded(world: World) -> None:
    desk, where = world.client("organizer"), reverse("builder", args=[world.event.slug])
    person = Participation.objects.get(event=world.event, user=world.people["teamless"])
    page = desk.get(where).content.decode()
    assert f'name="person_{person.pk}"' in page
    words = {"name_0": "Built Birds", f"person_{person.pk}": ""}
    assert "No team" in desk.post(where, words).content.decode()
    words[f"person_{person.pk}"] = "0"
    assert desk.post(where, words).status_code == 200
    assert world.event.enrollments.count() == 2
    assert desk.post(where, words | {"found": "1"}).status_code == 302
    assert list(team_named(world.event, "Built Birds").participations.values_list("pk", flat=True)) == [person.pk]
    assert "Everybody has a team" in desk.post(where, words | {"found": "1"}).content.decode()


def test_a_stale_proposal_names_who_has_found_a_team(world: World) -> None:
    desk, where = world.client("organizer"), reverse("builder", args=[world.event.slug])
    settled = Participation.objects.get(event=world.event, user=world.people["teamless"])
    other = join_event(now=world.event.starts_at, code=world.event.join_code, user=new_person("Other"))
    words = {"name_0": "Built", f"person_{settled.pk}": "0", f"person_{other.pk}": "0", "found": "1"}
    join_team(now=world.event.starts_at, participation=settled, enrollment=world.team)
    answer = desk.post(where, words)
    assert answer.status_code == 422
    assert "Teamless (Hippo Ballerinas)" in answer.content.decode()
    assert world.event.enrollments.count() == 2


def test_an_event_is_planned_like_another_one(world: World) -> None:
    Event.objects.filter(pk=world.event.pk).update(guests=False, brackets=["Students"], spares=7)
    where = f"{reverse('event_create')}?copy={world.event.slug}"
    page = world.client("organizer").get(where).content.decode()
    assert 'value="Students"' in page
    assert re.search(r'name="spares" value="7"', page)
    assert 'name="guests" id="id_guests" checked' not in page
    assert world.client("other_organizer").get(where).status_code == 404


def test_an_event_to_come_is_moved_after_seeing_to_when(world: World) -> None:
    event, client = world.event, world.client("organizer")
    where, start = reverse("control_act", args=[event.slug, "reschedule"]), "2090-05-04T09:30"
    words = {"starts_at": start, "reason": "Rain is coming"}
    refused = client.get(where, {**words, "show": "1"})
    assert (refused.status_code, "warm-up has not begun" in refused.content.decode()) == (422, True)
    Event.objects.filter(pk=event.pk).update(state="scheduled")
    event.actions.update(done_at=None)
    page = client.get(where, {**words, "show": "1"}).content.decode()
    assert "May 4, 2090, 9:30 a.m. (Europe/Berlin)" in page
    assert client.post(where, hidden(page)).status_code == 302
    event.refresh_from_db()
    assert event.starts_at.isoformat() == "2090-05-04T07:30:00+00:00"
