"""Bad input: each a clear message, what was typed still there, nothing lost."""

from datetime import datetime, timedelta

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils.html import escape

from accounts.models import AuditEntry, User
from quests.domain.joining import join_team
from quests.enums import EventState
from quests.models import Event, Hint, HintReveal, InputValue, ScoreEntry, TaskProgress
from tests.quests.conftest import new_person, new_team
from tests.quests.views.conftest import World

pytestmark = [pytest.mark.services, pytest.mark.django_db]

NOTHING_CHANGED = "Nothing was changed."
GOOD_EVENT = {
    "name": "Autumn Flight",
    "time_zone": "Europe/Berlin",
    "duration_minutes": "60",
    "planned_teams": "3",
    "spares": "1",
    "team_size_max": "4",
    "warmup_minutes": "30",
    "join_code": "",
}


def text(answer: HttpResponse) -> str:
    return answer.content.decode()


def said(client: Client, answer: HttpResponse) -> str:
    """Follow a redirect and return the page that it leads to."""
    assert answer.status_code == 302
    return text(client.get(answer["Location"]))


def test_a_wrong_join_code_stays_in_the_field(world: World) -> None:
    answer = world.client("outsider").post(reverse("join"), {"code": "WRONG-1"})
    assert answer.status_code == 422
    assert "No event has this join code" in text(answer)
    assert 'value="WRONG-1"' in text(answer)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("hippo  BALLERINAS", "already called"),
        ("x", "at least 2 characters"),
        ("y" * 41, "at most 40 characters"),
        ("\u200b\u2060\u200b", "Nobody could see this name"),
        ("Ducks \u202eskcuD", "turns the direction of text"),
    ],
)
def test_a_team_name_that_will_not_do_stays_in_the_field(world: World, name: str, words: str) -> None:
    answer = world.client("teamless").post(reverse("team_create", args=[world.event.slug]), {"name": name})
    assert answer.status_code == 422
    assert words in text(answer)
    assert f'value="{name}"' in text(answer)
    assert world.event.enrollments.count() == 2


def test_no_place_left_is_said_and_the_name_kept(world: World, now: datetime) -> None:
    new_team(world.event, now, "The Last One", new_person())
    answer = world.client("teamless").post(reverse("team_create", args=[world.event.slug]), {"name": "One Too Many"})
    assert answer.status_code == 422
    assert "Every place of this event is taken" in text(answer)
    assert 'value="One Too Many"' in text(answer)


def test_a_full_team_is_said(world: World, now: datetime) -> None:
    coach = world.people["coach"]
    assert coach is not None
    join_team(
        now=now,
        participation=world.event.participations.create(user=coach, joined_at=now),
        enrollment=world.team,
    )
    client = world.client("teamless")
    answer = client.post(reverse("team_join", args=[world.event.slug, world.team.pk]))
    assert "Hippo Ballerinas is full: a team here has at most 2 people." in said(client, answer)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("ftp://dodo.example", "starts with http:// or https://"),
        ("dodo", "starts with http:// or https://"),
        ("http://", "starts with http:// or https://"),
        ("http://me:secret@dodo.example", "Leave name and password out"),
        ("http://dodo.example:99999", "This is not an address"),
        ("http://[::1", "This is not an address"),
        ("http://dodo.example:0", "Port 0 cannot be reached"),
        ('"><script>alert(1)</script>', "starts with http:// or https://"),
    ],
)
def test_an_address_that_is_none_is_kept_as_typed(world: World, typed: str, words: str) -> None:
    where = reverse("input_save", args=[world.event.slug, "talking-catalogue"])
    answer = world.client("member").post(where, {"name": "endpoint", "value": typed})
    assert answer.status_code == 422
    assert words in text(answer)
    assert f'value="{escape(typed)}"' in text(answer)
    assert InputValue.objects.count() == 0


def test_an_input_that_the_quest_does_not_ask_for_changes_nothing(world: World) -> None:
    client = world.client("member")
    where = reverse("input_save", args=[world.event.slug, "talking-catalogue"])
    assert NOTHING_CHANGED in said(client, client.post(where, {"name": "other", "value": "x"}))
    assert InputValue.objects.count() == 0


def test_checking_twice_says_how_long_to_wait(world: World) -> None:
    client, where = world.client("member"), reverse("quest_check", args=[world.event.slug, "open-nest"])
    assert "Just checked" not in said(client, client.post(where))
    assert "Just checked: try again in" in said(client, client.post(where))


def test_a_partial_carries_the_cool_down_message(world: World) -> None:
    client, where = world.client("member"), reverse("quest_check", args=[world.event.slug, "open-nest"])
    client.post(where, headers={"HX-Request": "true"})
    answer = client.post(where, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert "Just checked: try again in" in text(answer)


def test_a_hint_before_its_turn_or_its_time_costs_nothing(world: World) -> None:
    Hint.objects.filter(quest__slug="open-nest", number=1).update(offer_after_minutes=5)
    client = world.client("member")
    first, second = (reverse("hint_reveal", args=[world.event.slug, "open-nest", number]) for number in (1, 2))
    assert "This hint is not offered yet. Nothing was charged." in said(client, client.post(first))
    assert "Open the earlier hints of this quest first." in said(client, client.post(second))
    assert (HintReveal.objects.count(), ScoreEntry.objects.count()) == (0, 0)


def test_a_hint_or_quest_that_is_not_there_is_not_found(world: World) -> None:
    client = world.client("member")
    for quest, number in (("open-nest", 99), ("open-nest", 10**30), ("no-such-quest", 1)):
        where = reverse("hint_reveal", args=[world.event.slug, quest, number])
        assert client.post(where).status_code == 404


def test_after_the_end_nothing_is_taken(world: World) -> None:
    Event.objects.filter(pk=world.event.pk).update(state=EventState.CLOSED)
    client = world.client("member")
    where = reverse("input_save", args=[world.event.slug, "talking-catalogue"])
    answer = client.post(where, {"name": "endpoint", "value": "http://127.0.0.1:8181"})
    assert answer.status_code == 422
    assert "Test flight is over. Nothing was changed." in text(answer)
    assert 'value="http://127.0.0.1:8181"' in text(answer)
    assert InputValue.objects.count() == 0


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_a_form_from_an_old_session_changes_nothing_and_says_so(world: World, headers: dict[str, str]) -> None:
    client = world.client("member", check_csrf=True)
    where = reverse("input_save", args=[world.event.slug, "talking-catalogue"])
    answer = client.post(where, {"name": "endpoint", "value": "http://127.0.0.1:8181"}, headers=headers)
    assert answer.status_code == 403
    assert NOTHING_CHANGED in text(answer)
    assert "too old to be accepted" in text(answer)
    assert InputValue.objects.count() == 0


@pytest.mark.parametrize(
    ("operation", "parameters", "words"),
    [
        ("scan", "{not json", "This is not JSON"),
        ("scan", "[1]", "Parameters are a JSON object"),
        ("scan", '{"TableNam": "rentals"}', "TableNam"),
        ("scan", '{"TableName": 7}', "TableName"),
        ("scan", "{}", "TableName"),
        ("scan", '{"Limit": NaN}', "NaN is no number of JSON"),
        ("scan", '{"TableName": "\\ud800"}', "half of a character"),
        ("scan", '{"TableName": ' + "[" * 65 + "]" * 65 + "}", "nested deeper than 64 levels"),
        ("scan", '{"TableName": ' + "[" * 9_000, "nested deeper than 64 levels"),
    ],
)
def test_a_call_that_aws_would_refuse_names_the_member(
    world: World, operation: str, parameters: str, words: str
) -> None:
    answer = world.client("member").post(
        reverse("workbench", args=[world.event.slug]),
        {"service": "dynamodb", "operation": operation, "parameters": parameters},
    )
    assert answer.status_code == 422
    assert words in answer.context["parameters_error"]
    assert f">{escape(parameters)}</textarea>" in text(answer)


@pytest.mark.parametrize("call", [{"service": "iam", "operation": "create_user"}, {"service": "dynamodb"}, {}])
def test_a_call_outside_the_workbench_is_refused(world: World, call: dict[str, str]) -> None:
    assert world.client("member").post(reverse("workbench", args=[world.event.slug]), call).status_code == 422


@pytest.mark.parametrize(
    ("wrong", "value"),
    [
        ("name", "x"),
        ("starts_at", "soon"),
        ("starts_at", "2027-03-28T02:30"),
        ("starts_at", "0001-01-01T00:00"),
        ("starts_at", "9999-12-31T23:59"),
        ("time_zone", "Mars/Olympus"),
        ("duration_minutes", "4"),
        ("planned_teams", "0"),
        ("planned_teams", "100000"),
        ("spares", "-1"),
        ("team_size_max", "many"),
        ("join_code", "no spaces!"),
    ],
)
def test_a_bad_event_plan_names_the_field_and_keeps_the_rest(
    world: World, now: datetime, wrong: str, value: str
) -> None:
    typed = GOOD_EVENT | {
        "release": str(world.event.release_id),
        "starts_at": f"{now + timedelta(days=1):%Y-%m-%dT%H:%M}",
        wrong: value,
    }
    answer = world.client("organizer").post(reverse("event_create"), typed)
    assert answer.status_code == 422
    assert answer.context["form"].errors.keys() == {wrong}
    kept = {name: answer.context["form"][name].value() for name in typed}
    assert kept == typed
    assert Event.objects.count() == 2


@pytest.mark.parametrize("confirm", ["", "test flight", "Another event"])
def test_an_event_ends_only_by_its_name(world: World, confirm: str) -> None:
    client = world.client("organizer")
    answer = client.post(reverse("event_end", args=[world.event.slug]), {"confirm": confirm})
    assert NOTHING_CHANGED in said(client, answer)
    world.event.refresh_from_db()
    assert world.event.state == EventState.OPEN


def test_a_coach_nobody_knows_is_not_added_and_the_address_kept(world: World) -> None:
    answer = world.client("organizer").post(
        reverse("coach_add", args=[world.event.slug]), {"email": "nobody@example.com"}
    )
    assert answer.status_code == 422
    assert "Nobody with this e-mail has signed up here yet." in text(answer)
    assert 'value="nobody@example.com"' in text(answer)


def test_the_viewers_own_clock_does_not_forbid_a_start_elsewhere(world: World) -> None:
    viewer = world.people["organizer"]
    assert viewer is not None
    User.objects.filter(pk=viewer.pk).update(time_zone="Europe/Berlin")
    typed = GOOD_EVENT | {
        "release": str(world.event.release_id),
        # Berlin's clocks skip this half hour; UTC's do not.
        "starts_at": "2027-03-28T02:30",
        "time_zone": "UTC",
    }
    assert world.client("organizer").post(reverse("event_create"), typed).status_code == 302
    assert Event.objects.get(name="Autumn Flight").starts_at.isoformat() == "2027-03-28T02:30:00+00:00"


def test_a_form_sent_twice_schedules_one_event_and_keeps_what_was_typed(world: World, now: datetime) -> None:
    client = world.client("organizer")
    typed = GOOD_EVENT | {
        "release": str(world.event.release_id),
        "starts_at": f"{now + timedelta(days=1):%Y-%m-%dT%H:%M}",
    }
    assert client.post(reverse("event_create"), typed).status_code == 302
    again = client.post(reverse("event_create"), typed)
    assert again.status_code == 422
    assert "You have already scheduled Autumn Flight for this time." in text(again)
    assert again.context["form"]["starts_at"].value() == typed["starts_at"]
    assert Event.objects.filter(name="Autumn Flight").count() == 1


@pytest.mark.parametrize("address", ["suspend_check", "accept_task"])
def test_a_remedy_sent_twice_is_done_once_and_keeps_the_reason(world: World, address: str) -> None:
    client, where = world.client("organizer"), reverse(address, args=[world.event.slug])
    task = world.event.release.quests.get(slug="open-nest").tasks.first()
    words = {"task": task.pk, "enrollment": world.team.pk, "reason": "The check looks at the wrong port"}
    assert client.post(where, words).status_code == 302
    again = client.post(where, words)
    assert again.status_code == 422
    assert "already" in text(again)
    assert 'value="The check looks at the wrong port"' in text(again)
    acts = AuditEntry.objects.filter(scope=world.event.pk, action__in=["check.suspend", "task.accept"])
    assert acts.count() == 1


def test_a_team_sent_twice_is_founded_once(world: World) -> None:
    client, where = world.client("teamless"), reverse("team_create", args=[world.event.slug])
    assert client.post(where, {"name": "Newly Hatched"}).status_code == 302
    assert "You already play in Newly Hatched." in said(client, client.post(where, {"name": "Newly Hatched"}))
    assert world.event.enrollments.filter(name="Newly Hatched").count() == 1


def test_saving_says_whether_a_check_follows(world: World) -> None:
    client = world.client("member")
    where = reverse("input_save", args=[world.event.slug, "talking-catalogue"])
    typed = {"name": "endpoint", "value": "http://127.0.0.1:8181"}
    assert "Saved. It is being checked." in said(client, client.post(where, typed))
    TaskProgress.objects.filter(enrollment=world.team).update(due_at=None)
    page = said(client, client.post(where, typed))
    assert ("Saved." in page, "It is being checked." in page) == (True, False)


def test_a_page_after_the_session_has_ended_leads_to_the_sign_in_and_back(world: World) -> None:
    client = world.client("member")
    client.logout()
    page = reverse("quest", args=[world.event.slug, "open-nest"])
    assert client.get(page)["Location"] == f"{reverse('account_login')}?next={page}"


def test_a_form_from_another_site_gets_no_link_back_to_it(world: World) -> None:
    client = world.client("member", check_csrf=True)
    for page, linked in (("http://testserver/events/", True), ("https://elsewhere.example/trap", False)):
        answer = client.post(reverse("join"), {"code": "DODO42"}, headers={"Referer": page})
        assert answer.status_code == 403
        assert (page in text(answer)) is linked


def test_a_wrong_host_gets_the_page_for_bad_requests() -> None:
    answer = Client().get("/", headers={"Host": "elsewhere.example"})
    assert answer.status_code == 400
    assert "We could not read that request" in text(answer)


@pytest.mark.parametrize(
    ("who", "address"), [("member", "control"), ("outsider", "console"), ("coach", "control"), ("other_event", "board")]
)
def test_a_wrong_role_is_told_what_may_be_the_matter(world: World, who: str, address: str) -> None:
    answer = world.client(who).get(reverse(address, args=[world.event.slug]))
    assert answer.status_code == 404
    assert "a role that you do not have there; then ask an organizer of the event." in text(answer)
    assert NOTHING_CHANGED in text(answer)
