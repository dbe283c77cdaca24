"""One world for all the tables of a module: what one person does in it is undone before the next one comes."""

from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.cache import cache
from django.db import transaction
from django.test import Client

from quests.domain.packs import load_pack
from quests.enums import ActionKind
from tests.quests.conftest import FIRST_FLIGHT, new_event, new_person, run_actions
from tests.quests.views.conftest import World, people_around


@dataclass(frozen=True)
class SignedInWorld(World):
    """A world whose people have signed in once, in the browsers that they use from then on."""

    cookies: dict[str, Any] = field(default_factory=dict)

    def client(self, who: str, *, check_csrf: bool = False) -> Client:
        """Return a browser of this person."""
        client = Client(enforce_csrf_checks=check_csrf)
        client.cookies = copy(self.cookies[who])
        return client


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    """Build the world once; nothing of it is kept."""
    now = datetime.now(UTC)
    with django_db_blocker.unblock(), transaction.atomic():
        release, organizer = load_pack(now=now, folder=FIRST_FLIGHT)[0], new_person("Olive")
        event = new_event(now=now, release=release, organizer=organizer)
        run_actions(event, now, ActionKind.VEND, ActionKind.OPEN)
        world = people_around(now=now, release=release, organizer=organizer, open_event=event)
        # Here and not in a test, whose own transaction would take the sessions back.
        yield SignedInWorld(**vars(world), cookies={who: world.client(who).cookies for who in world.people})
        transaction.set_rollback(True)
    cache.clear()
