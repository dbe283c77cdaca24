"""Every operation of the API's own document × everybody. An operation without a row fails."""

import json
from typing import Any
from uuid import uuid4

import pytest
from django.urls import get_resolver, reverse

from labs.api import api
from provisioning.models import Lease
from tests.access.tables import (
    IN_A_TEAM,
    IN_THE_EVENT,
    RUNNING_IT,
    Row,
    everybody,
    only,
    seen_by_everybody,
)
from tests.quests.views.conftest import World
from tests.quests.views.test_access import EVERYBODY, Outcomes, account_of, patterns

pytestmark = [pytest.mark.services, pytest.mark.django_db]

STRANGER = "401"


def open_to(people: tuple[str, ...], result: str = "200", *, others: str = "404") -> Outcomes:
    return only(people, result, stranger=STRANGER, others=others)


def team_act(result: str) -> Outcomes:
    """Without a team, people of the event are told to join one."""
    return open_to(IN_THE_EVENT, "409") | dict.fromkeys(IN_A_TEAM, result)


def said(**body: Any) -> Any:
    return lambda _: body


STAFF = open_to(("staff",))
WHY = {"reason": "It was broken"}
CLOCK = {"clock_version": 0}

TABLE: dict[str, Row] = {
    "GET /api/v1/events": Row(everybody("200", anonymous=STRANGER)),
    "POST /api/v1/events": Row(
        open_to((*RUNNING_IT, "other_organizer"), "422", others="403"),
        said(
            name="x",
            pack="x",
            version="x",
            starts_at="x",
            time_zone="x",
            duration_minutes=1,
            planned_teams=1,
            team_size_max=1,
        ),
    ),
    "GET /api/v1/events/{event}": Row(open_to(IN_THE_EVENT)),
    "POST /api/v1/events/{event}/pause": Row(open_to(RUNNING_IT), said(**CLOCK, **WHY)),
    "POST /api/v1/events/{event}/resume": Row(open_to(RUNNING_IT, "409"), said(**CLOCK)),
    "POST /api/v1/events/{event}/extend": Row(open_to(RUNNING_IT), said(**CLOCK, **WHY, minutes=5)),
    "POST /api/v1/events/{event}/end": Row(open_to(RUNNING_IT), lambda world: {**CLOCK, "confirm": world.event.name}),
    "POST /api/v1/events/{event}/release": Row(open_to(RUNNING_IT, "404"), said(**WHY, version="none")),
    "GET /api/v1/events/{event}/board": Row(open_to(IN_THE_EVENT)),
    "GET /api/v1/events/{event}/board/trend": Row(open_to(IN_THE_EVENT)),
    "GET /api/v1/events/{event}/teams": Row(open_to(IN_THE_EVENT)),
    "POST /api/v1/events/{event}/teams": Row(
        open_to(("teamless",), "201") | dict.fromkeys(IN_A_TEAM, "409"), said(name="Newly Hatched")
    ),
    "GET /api/v1/events/{event}/teams/{team}": Row(open_to(("member", "coach", *RUNNING_IT))),
    "POST /api/v1/events/{event}/teams/{team}/join": Row(open_to(("teamless",)) | dict.fromkeys(IN_A_TEAM, "409")),
    "GET /api/v1/events/{event}/participants": Row(open_to(RUNNING_IT)),
    "GET /api/v1/events/{event}/quests": Row(team_act("200")),
    "POST /api/v1/events/{event}/quests/{quest}/open": Row(team_act("200")),
    "POST /api/v1/events/{event}/quests/{quest}/check": Row(team_act("200")),
    "POST /api/v1/events/{event}/quests/{quest}/hints/{number}": Row(team_act("200")),
    "PUT /api/v1/events/{event}/quests/{quest}/inputs/{name}": Row(team_act("200"), said(value="abc")),
    "GET /api/v1/events/{event}/entries": Row(
        open_to((*IN_A_TEAM, *RUNNING_IT)) | dict.fromkeys(("teamless", "coach"), "409")
    ),
    "POST /api/v1/events/{event}/adjustments": Row(
        open_to(RUNNING_IT, "201"),
        lambda world: {**WHY, "team": str(world.team.pk), "points": 5, "token": str(uuid4())},
    ),
    "POST /api/v1/events/{event}/entries/{entry}/reverse": Row(open_to(RUNNING_IT, "404"), said(**WHY)),
    "POST /api/v1/events/{event}/tasks/{quest}/{task}/void": Row(open_to(RUNNING_IT), said(**WHY)),
    "POST /api/v1/events/{event}/tasks/{quest}/{task}/count-again": Row(open_to(RUNNING_IT, "409"), said(**WHY)),
    "GET /api/v1/packs": Row(open_to((*RUNNING_IT, "other_organizer"), others="403")),
    "GET /api/v1/packs/{pack}": Row(open_to((*RUNNING_IT, "other_organizer"), others="403")),
    "GET /api/v1/accounts": Row(STAFF),
    "GET /api/v1/accounts/{account}": Row(STAFF),
    "POST /api/v1/accounts/{account}/actions/{action}": Row(open_to(("staff",), "422")),
    "GET /api/v1/leases": Row(STAFF),
    "GET /api/v1/leases/{lease}": Row(STAFF),
    "POST /api/v1/leases/{lease}/actions/{action}": Row(open_to(("staff",), "422")),
}
ACTS = {
    "POST /api/v1/accounts/{account}/actions/{action}": "retry",
    "POST /api/v1/leases/{lease}/actions/{action}": "end",
}


def names(world: World) -> dict[str, Any]:
    """Return what stands in the places of the addresses."""
    lease = Lease.objects.filter(scope=world.event.pk).first()
    quest = world.event.release.quests.get(slug="double-dodo")
    assert lease is not None
    task = quest.tasks.first()
    assert task is not None
    return {
        "event": world.event.slug,
        "team": str(world.team.pk),
        "quest": quest.slug,
        "task": task.slug,
        "number": 1,
        "name": "stub",
        "entry": 1,
        "pack": world.event.release.pack.slug,
        "account": account_of(world),
        "lease": str(lease.pk),
    }


def address(world: World, operation: str) -> str:
    return operation.partition(" ")[2].format(**names(world), action=ACTS.get(operation, ""))


def test_every_operation_has_a_row() -> None:
    document = api.get_openapi_schema()
    described = {f"{method.upper()} {path}" for path, methods in document["paths"].items() for method in methods}
    assert described == set(TABLE)
    assert [name for name, row in TABLE.items() if set(row.outcomes) != set(EVERYBODY)] == []


def test_nothing_of_the_api_is_left_out_of_its_document() -> None:
    paths = {path.removeprefix("/") for path in api.get_openapi_schema()["paths"]}
    routes = {route.replace("<", "{").replace(">", "}") for route, _ in patterns(get_resolver())}
    assert {route for route in routes if route.startswith("api/")} == paths | {"api/v1/", "api/v1/openapi.json"}


@pytest.mark.parametrize("operation", TABLE)
def test_access(world: World, operation: str) -> None:
    row, where = TABLE[operation], address(world, operation)
    method, body = operation.partition(" ")[0].lower(), json.dumps(row.body(world))

    def go(client: Any) -> Any:
        if method == "get":
            return client.get(where)
        return getattr(client, method)(where, body, content_type="application/json")

    assert seen_by_everybody(world, go) == row.outcomes


def test_the_description_is_for_everybody(world: World) -> None:
    for name in ("api", "openapi-json"):
        where = reverse(name)
        assert seen_by_everybody(world, lambda client, where=where: client.get(where)) == everybody("200")
