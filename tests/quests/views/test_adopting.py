"""The organizer sees what a fixed release would change, and adopts it with a reason."""

import shutil
from datetime import datetime
from pathlib import Path

import pytest

from accounts.models import AuditEntry
from quests.domain.packs import load_pack
from quests.models import Event, PackRelease
from tests.quests.conftest import FIRST_FLIGHT
from tests.quests.pack.packs import edit
from tests.quests.views.conftest import World

pytestmark = [pytest.mark.services, pytest.mark.django_db]


@pytest.fixture
def fixed(now: datetime, world: World, tmp_path: Path) -> PackRelease:
    folder = shutil.copytree(FIRST_FLIGHT, tmp_path / "first-flight")
    edit(folder, "pack.yaml", "version: 1.", "version: 9.")
    edit(folder, "quests/open-nest/quest.yaml", "Remote shells are closed to the world", "No shell for the world")
    return load_pack(now=now, folder=folder)[0]


def test_the_difference_is_shown_before_anything_changes(world: World, fixed: PackRelease) -> None:
    page = world.client("organizer").get(f"/events/{world.event.slug}/control/release/", {"release": fixed.pk})
    text = page.content.decode()
    for expected in ("task open-nest/close-ssh", "Remote shells are closed to the world", "No shell for the world"):
        assert expected in text
    assert Event.objects.get(pk=world.event.pk).release != fixed


def test_it_is_adopted_with_a_reason_only(world: World, fixed: PackRelease) -> None:
    client = world.client("organizer")
    address = f"/events/{world.event.slug}/control/release/adopt/"
    refused = client.post(address, {"release": fixed.pk, "reason": ""})
    assert refused.status_code == 422
    assert "No shell for the world" in refused.content.decode()
    assert client.post(address, {"release": fixed.pk, "reason": "A typo"}).status_code == 302
    assert Event.objects.get(pk=world.event.pk).release == fixed
    entry = AuditEntry.objects.get(action="event.adopt_release")
    assert (entry.actor, entry.details["reason"]) == (world.people["organizer"].id, "A typo")  # type: ignore[union-attr]
