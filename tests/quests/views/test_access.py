"""Who gets in where: every address × every way to stand to an event. An address without a row fails."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.core.cache import cache
from django.db import transaction
from django.http import HttpResponse
from django.urls import URLPattern, URLResolver, get_resolver, resolve, reverse

from labs.mail import BACKEND
from provisioning.models import Account, Lease, Notice
from quests.models import Announcement, HelpRequest, ReleaseImage, Task
from quests.tasks import LAST_TICK
from tests.quests.views.conftest import World

pytestmark = [pytest.mark.services, pytest.mark.django_db]

EVERYBODY = (
    "anonymous",
    "outsider",
    "member",
    "other_team",
    "teamless",
    "other_event",
    "coach",
    "organizer",
    "other_organizer",
    "staff",
)
IN_A_TEAM = ("member", "other_team")
RUNNING_IT = ("organizer", "staff")
IN_THE_EVENT = (*IN_A_TEAM, "teamless", "coach", *RUNNING_IT)
SIGN_IN = "to account_login"
# tests/access has their tables.
OWN_RULE = ("accounts/", "admin/", "api/")

LETTER = "20260504-093000-1"

Outcomes = dict[str, str]
Words = Callable[[World], dict[str, Any]]


def all_get(outcome: str) -> Outcomes:
    return dict.fromkeys(EVERYBODY, outcome)


def denied_but(*allowed: tuple[tuple[str, ...], str], stranger: str = SIGN_IN, others: str = "404") -> Outcomes:
    """Deny by default: strangers sign in, the others find nothing, except those allowed."""
    outcomes = all_get(others) | {"anonymous": stranger}
    for people, outcome in allowed:
        outcomes |= dict.fromkeys(people, outcome)
    return outcomes


def team_page(outcome: str) -> Outcomes:
    return denied_but((IN_THE_EVENT, "to event"), (IN_A_TEAM, outcome))


def first_task(world: World) -> int:
    return Task.objects.filter(quest__release=world.event.release, quest__slug="open-nest")[0].pk


def a_person(world: World) -> dict[str, Any]:
    return {"person": world.team.participations.get().pk, "reason": "Keys were posted", "confirm": "on"}


@dataclass(frozen=True)
class Row:
    """How an address is used, and what comes of it for each person: a status, or where it leads."""

    outcomes: Outcomes
    method: str = "get"
    words: Words = field(default=lambda _: {})


def post(outcomes: Outcomes, words: Words = lambda _: {}) -> Row:
    return Row(outcomes, "post", words)


FOR_STAFF = denied_but((("staff",), "200"))

TABLE: dict[str, Row] = {
    "healthz": Row(all_get("200")),
    "readyz": Row(all_get("503")),
    "access-credentials": Row(all_get("400")),
    "access-credential-process": Row(all_get("400")),
    "home": Row(all_get("200")),
    "mails": Row(denied_but((("staff",), "200"))),
    "mail": Row(denied_but((("staff",), "200"))),
    "live": Row(all_get("503")),
    "join": Row(all_get("200")),
    "guest_join": Row(all_get("to join") | {"anonymous": "200"}),
    "guest_return": Row(all_get("to home") | {"anonymous": "200"}),
    "return_code_renew": post(denied_but(((*IN_A_TEAM, "teamless"), "to event"))),
    "event_create": Row(denied_but(((*RUNNING_IT, "other_organizer"), "200"), others="403")),
    "event": Row(denied_but((IN_THE_EVENT, "200"))),
    "pack_image": Row(denied_but((IN_THE_EVENT, "200"))),
    "event_calendar": Row(denied_but((IN_THE_EVENT, "200"))),
    "join_sheet": Row(denied_but((("coach", *RUNNING_IT), "200"))),
    "board": Row(denied_but((IN_THE_EVENT, "200"))),
    "team_create": post(
        denied_but((IN_A_TEAM, "to event"), (("teamless",), "to console")), lambda _: {"name": "Newly Hatched"}
    ),
    "team_join": post(denied_but((IN_A_TEAM, "to event"), (("teamless",), "to console"))),
    "team": Row(denied_but((("member", "coach", *RUNNING_IT), "200"))),
    "team_rename": post(
        denied_but((("member", *RUNNING_IT), "to team"), (("coach",), "422")),
        lambda world: {"name": "Newly Named", "seen": world.team.name},
    ),
    "team_where": post(
        denied_but((("member", *RUNNING_IT), "to team"), (("coach",), "422")), lambda _: {"table": "Table 7"}
    ),
    # Its only member is the captain.
    "team_captain": post(denied_but((("member", "coach", *RUNNING_IT), "422"))),
    "team_leave": Row(team_page("200")),
    "people": Row(denied_but((RUNNING_IT, "200"))),
    "roster": Row(denied_but((RUNNING_IT, "200"))),
    "builder": Row(denied_but((RUNNING_IT, "200"))),
    "roster_export": Row(denied_but((RUNNING_IT, "200"))),
    "people_act": Row(denied_but((RUNNING_IT, "200"))),
    "console": Row(team_page("200")),
    "quest": Row(team_page("200")),
    "quest_check": post(team_page("to quest")),
    "hint_reveal": post(team_page("to quest")),
    "input_save": post(team_page("to quest"), lambda _: {"name": "stub", "value": "abc"}),
    "reset_ask": post(team_page("to quest")),
    "service_launch": post(team_page("to quest")),
    "service_stop": post(team_page("to quest")),
    "access": Row(team_page("200")),
    "access_token_create": post(team_page("to access")),
    "console_link_create": post(team_page("to access")),
    "workbench": Row(team_page("200")),
    "coach_event": Row(denied_but((("coach", *RUNNING_IT), "200"))),
    "team_quest": Row(denied_but((("coach", *RUNNING_IT), "200"))),
    "hint_release": post(denied_but((("coach", *RUNNING_IT), "to team_quest"))),
    "attempts_give": post(
        denied_but((("coach", *RUNNING_IT), "422")), lambda _: {"attempts": "1", "reason": "Not limited here"}
    ),
    "reset_decide": post(
        denied_but((("coach", *RUNNING_IT), "422")), lambda _: {"decision": "confirmed", "reason": "Nobody has asked"}
    ),
    "coach_team": Row(denied_but((("coach", *RUNNING_IT), "200"))),
    "team_note": post(denied_but((("coach", *RUNNING_IT), "to coach_team")), lambda _: {"text": "Quiet today"}),
    "coach_help": Row(denied_but((("coach", *RUNNING_IT), "200"))),
    "coach_help_claim": post(denied_but((("coach", *RUNNING_IT), "to coach_help"))),
    "coach_help_answer": post(denied_but((("coach", *RUNNING_IT), "to coach_help")), lambda _: {"text": "So."}),
    "coach_help_hand_over": post(
        denied_but((("coach", *RUNNING_IT), "to coach_help")),
        lambda world: {"to": world.people["organizer"].pk},  # type: ignore[union-attr]
    ),
    "coach_help_close": post(denied_but((("coach", *RUNNING_IT), "to coach_event"))),
    "help": Row(team_page("200")),
    "help_ask": post(team_page("to help_thread"), lambda _: {"text": "Why?"}),
    # A question is its team's own: for the other one it does not exist.
    "help_thread": Row(team_page("200") | {"other_team": "404"}),
    "help_write": post(team_page("to help_thread") | {"other_team": "404"}, lambda _: {"text": "And so?"}),
    "help_close": post(team_page("to help_thread") | {"other_team": "404"}),
    "announcements": Row(denied_but((RUNNING_IT, "200"))),
    "announcement_send": post(
        denied_but((RUNNING_IT, "to announcements")), lambda _: {"text": "Lunch is here.", "level": "info"}
    ),
    "announcement_withdraw": post(denied_but((RUNNING_IT, "to announcements"))),
    "announcement_put_away": post(denied_but((IN_THE_EVENT, "to event"))),
    "team_access": Row(denied_but((("coach", *RUNNING_IT), "200"))),
    "access_stop": post(denied_but((RUNNING_IT, "to team_access")), a_person),
    "access_allow": post(denied_but((RUNNING_IT, "to team_access")), a_person),
    "help_desk": Row(denied_but((("coach", *RUNNING_IT), "200"))),
    "help_desk_code": post(denied_but((("coach", *RUNNING_IT), "200")), a_person),
    "team_cards": post(denied_but((("coach", *RUNNING_IT), "200"))),
    "event_guests": post(denied_but((RUNNING_IT, "to help_desk"))),
    "control": Row(denied_but((RUNNING_IT, "200"))),
    "event_end": post(denied_but((RUNNING_IT, "to control")), lambda world: {"confirm": world.event.name}),
    "suspend_check": post(
        denied_but((RUNNING_IT, "to control")), lambda world: {"task": first_task(world), "reason": "Broken"}
    ),
    "resume_check": post(denied_but((RUNNING_IT, "to control")), lambda world: {"task": first_task(world)}),
    "accept_task": post(
        denied_but((RUNNING_IT, "to control")),
        lambda world: {"enrollment": world.team.pk, "task": first_task(world), "reason": "Seen it"},
    ),
    "place_anew": post(denied_but((RUNNING_IT, "to control"))),
    "control_act": Row(denied_but((RUNNING_IT, "200"))),
    "staff": Row(FOR_STAFF),
    "staff_notice_acknowledge": post(denied_but((("staff",), "to staff"))),
    "staff_accounts": Row(FOR_STAFF),
    "staff_account_register": Row(FOR_STAFF),
    "staff_account": Row(FOR_STAFF),
    "staff_account_act": Row(FOR_STAFF),
    "staff_leases": Row(FOR_STAFF),
    "staff_lease": Row(FOR_STAFF),
    "staff_lease_act": Row(FOR_STAFF),
    "release_changes": Row(denied_but((RUNNING_IT, "200"))),
    # There is no other release to adopt.
    "release_adopt": post(denied_but((RUNNING_IT, "422")), lambda world: {"reason": "Fixed"}),
    "coach_add": post(
        denied_but((RUNNING_IT, "to control")), lambda world: {"email": str(world.people["outsider"].email)}
    ),
}


def account_of(world: World) -> str:
    now = world.event.starts_at
    account, _ = Account.objects.get_or_create(
        account_id="700000000001",
        defaults={
            "email": "a@b.example.com",
            "name": "a",
            "state": "quarantined",
            "state_since": now,
            "created_at": now,
        },
    )
    return str(account.account_id)


def notice_of(world: World) -> int:
    notice, _ = Notice.objects.get_or_create(key="odd", defaults={"created_at": world.event.starts_at})
    return notice.pk


def announcement_of(world: World) -> int:
    told = {"by": world.event.pk, "at": world.event.starts_at, "level": "info", "text": "Hello"}
    return Announcement.objects.get_or_create(event=world.event, defaults=told)[0].pk


def question_of(world: World) -> UUID:
    asked = {"enrollment": world.team, "opened_by": world.event.pk, "opened_at": world.event.starts_at}
    return HelpRequest.objects.get_or_create(enrollment=world.team, defaults=asked)[0].pk


def patterns(resolver: URLResolver, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield (route, name) of every address below the resolver."""
    for entry in resolver.url_patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from patterns(entry, route)
        elif isinstance(entry, URLPattern):
            yield route, entry.name or ""


def address(world: World, name: str) -> str:
    routes = {own: route for route, own in patterns(get_resolver()) if not route.startswith(OWN_RULE)}
    known = {
        "<slug:event>": ("event", world.event.slug),
        "<slug:quest>": ("quest", "double-dodo"),
        "<uuid:enrollment>": ("enrollment", world.team.pk),
        "<slug:act>": ("act", "move" if name == "people_act" else "pause"),
        "<int:number>": ("number", announcement_of(world) if name.startswith("announcement_") else 1),
        "<slug:service>": ("service", "catalogue"),
        "<slug:digest>": ("digest", "d0d0"),
        "<slug:letter>": ("letter", f"{LETTER}-1"),
        "<str:account>": ("account", account_of(world)),
        "<str:lease>": ("lease", Lease.objects.filter(scope=world.event.pk).first().pk),
        "<slug:action>": ("action", "retry"),
        "<uuid:question>": ("question", question_of(world)),
        "<int:notice>": ("notice", notice_of(world)),
    }
    return reverse(name, kwargs=dict(value for place, value in known.items() if place in routes[name]))


def outcome(answer: HttpResponse) -> str:
    if answer.status_code != 302:
        return str(answer.status_code)
    return f"to {resolve(answer['Location'].partition('?')[0]).view_name}"


@pytest.fixture(autouse=True)
def one_image(world: World) -> None:
    ReleaseImage.objects.create(release=world.event.release, digest="d0d0", content_type="image/png", content=b"")


@pytest.fixture(autouse=True)
def no_tick_yet() -> None:
    cache.delete(LAST_TICK)


@pytest.fixture(autouse=True)
def one_letter(settings: Any, tmp_path: Path) -> None:
    settings.EMAIL_BACKEND, settings.EMAIL_FILE_PATH = BACKEND, str(tmp_path)
    (tmp_path / f"{LETTER}.log").write_text("Content-Type: text/plain\nSubject: Hello\n\nHello.\n")


def test_every_address_has_a_row() -> None:
    ours = {name for route, name in patterns(get_resolver()) if not route.startswith(OWN_RULE)}
    assert ours == set(TABLE)
    assert [name for name, row in TABLE.items() if set(row.outcomes) != set(EVERYBODY)] == []


@pytest.mark.parametrize("name", TABLE)
def test_access(world: World, name: str) -> None:
    row, where = TABLE[name], address(world, name)
    words = row.words(world)
    seen: Outcomes = {}
    for who in EVERYBODY:
        client = world.client(who)
        # What one person does is undone before the next one comes: each meets the same world.
        before = transaction.savepoint()
        seen[who] = outcome(getattr(client, row.method)(where, words))
        transaction.savepoint_rollback(before)
    assert seen == row.outcomes


@pytest.mark.parametrize("name", [name for name, row in TABLE.items() if row.method == "post"])
def test_looking_changes_nothing(world: World, name: str) -> None:
    outcomes = TABLE[name].outcomes
    who = next(each for each in ("member", "organizer", "staff") if outcomes[each] != "404")
    if outcomes["organizer"] in (
        "to control",
        "to team_access",
        "to team_quest",
        "to coach_team",
        "to coach_help",
        "to coach_event",
        "422",
    ):
        who = "organizer"
    assert world.client(who).get(address(world, name)).status_code == 405


def test_a_team_of_another_event_is_not_joined_through_this_one(world: World) -> None:
    stranger = world.people["other_event"]
    assert stranger is not None
    far = stranger.participations.get().enrollment
    assert far is not None
    where = reverse("team_join", args=[world.event.slug, far.pk])
    assert world.client("teamless").post(where).status_code == 404


def test_what_a_team_handed_in_and_opened_stays_its_own(world: World) -> None:
    inputs, hint, page = (
        reverse(name, args=[world.event.slug, "double-dodo", *more])
        for name, more in (("input_save", []), ("hint_reveal", [1]), ("quest", []))
    )
    member, rival = world.client("member"), world.client("other_team")
    member.post(inputs, {"name": "stub", "value": "our-own-secret-stub"})
    member.post(hint)
    ours, theirs = member.get(page).content.decode(), rival.get(page).content.decode()
    assert ("our-own-secret-stub" in ours, "each letter should have led" in ours) == (True, True)
    assert ("our-own-secret-stub" in theirs, "each letter should have led" in theirs) == (False, False)
