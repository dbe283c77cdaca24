"""How a table of access is read: everybody by name, what comes of it for each, and going there as each of them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.http import HttpResponse
from django.test import Client

from tests.quests.views.conftest import World
from tests.quests.views.test_access import EVERYBODY, Outcomes, outcome

IN_A_TEAM = ("member", "other_team")
PLAYERS = (*IN_A_TEAM, "teamless")
RUNNING_IT = ("organizer", "staff")
IN_THE_EVENT = (*PLAYERS, "coach", *RUNNING_IT)


@dataclass(frozen=True)
class Row:
    """What comes of it for each person, and what is sent."""

    outcomes: Outcomes
    body: Callable[[World], dict[str, Any]] = field(default=lambda _: {})


def everybody(result: str, **others: str) -> Outcomes:
    """Return one result for all, with exceptions by name."""
    return dict.fromkeys(EVERYBODY, result) | others


def only(people: tuple[str, ...], result: str, *, stranger: str, others: str = "404") -> Outcomes:
    """Deny by default."""
    return everybody(others, anonymous=stranger) | dict.fromkeys(people, result)


def seen_by_everybody(world: World, go: Callable[[Client], HttpResponse]) -> Outcomes:
    """Return what each person meets, in the same world."""
    seen: Outcomes = {}
    for who in EVERYBODY:
        client = world.client(who)
        before = transaction.savepoint()
        seen[who] = outcome(go(client))
        transaction.savepoint_rollback(before)
    return seen
