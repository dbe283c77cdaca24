"""Images of a pack are part of its release, shown on its pages, and kept from everybody outside the event."""

import base64
import hashlib
from datetime import datetime
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from quests.domain.packs import load_pack
from quests.models import ReleaseImage
from quests.pack import PackDocument
from tests.quests.conftest import new_person, new_team
from tests.quests.pack.packs import edit, problems_of
from tests.quests.playing import open_game, write_game
from tests.quests.views.test_playing import browser, page

pytestmark = [pytest.mark.services, pytest.mark.django_db]

PIXEL = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
DIGEST = hashlib.sha256(PIXEL).hexdigest()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The game with one image in two places, shown in a quest, a hint and the briefing."""
    write_game(tmp_path)
    for file in ("assets/map.gif", "quests/nest/assets/nest.gif"):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_bytes(PIXEL)
    (tmp_path / "quests/nest/body.md").write_text("![A map](assets/map.gif) ![A nest](assets/nest.gif)\n")
    edit(tmp_path, "quests/nest/quest.yaml", "Sit on it.", "![A map](assets/map.gif)")
    edit(tmp_path, "pack.yaml", "Hello, *you*.", "![A map](assets/map.gif)")
    return tmp_path


def test_a_teams_pages_show_the_releases_images(folder: Path, now: datetime, organizer: User) -> None:
    release = load_pack(now=now, folder=folder)[0]
    event = open_game(now=now, release=release, organizer=organizer)
    team = new_team(event, now, "Hippo Ballerinas", new_person("Ada"))
    ada = browser(team.participations.get().user)
    where = reverse("pack_image", args=[event.slug, DIGEST])

    shown = ada.get(page(team, "nest")).content.decode()
    assert f'<img src="{where}" alt="A map"> <img src="{where}" alt="A nest">' in shown
    assert f'<img src="{where}" alt="A map">' in ada.get(reverse("event", args=[event.slug])).content.decode()
    hint = ada.post(page(team, "nest", "hint_reveal", 1), follow=True).content.decode()
    assert hint.count(f'<img src="{where}" alt="A map">') == 2

    answer = ada.get(where)
    assert (answer.content, answer["Content-Type"]) == (PIXEL, "image/gif")
    assert answer["Cache-Control"] == "private, max-age=31536000, immutable"
    assert ada.get(where, headers={"If-None-Match": answer["ETag"]}).status_code == 304
    assert ada.get(reverse("pack_image", args=[event.slug, "0" * 64])).status_code == 404
    assert browser(new_person("Stranger")).get(where).status_code == 404
    assert Client().get(where).status_code == 302


def test_the_bytes_are_stored_once_and_beside_the_document(folder: Path, now: datetime) -> None:
    release = load_pack(now=now, folder=folder)[0]

    assert [(row.digest, bytes(row.content)) for row in ReleaseImage.objects.all()] == [(DIGEST, PIXEL)]
    stored = PackDocument.model_validate(release.document)
    assert {path: (image.digest, image.data) for path, image in stored.images.items()} == {
        "assets/map.gif": (DIGEST, ""),
        "quests/nest/assets/nest.gif": (DIGEST, ""),
    }


def test_what_is_no_image_is_not_shown(folder: Path) -> None:
    (folder / "assets/map.gif").write_text("<svg onload='alert(1)'/>")

    told = [str(problem) for problem in problems_of(folder)]
    assert [each.partition(" shows")[0] for each in told] == [
        "pack.yaml:7: fiction.briefing:",
        "quests/nest/body.md:1:",
        "quests/nest/quest.yaml:12: hints.0.text:",
    ]


def test_a_quest_does_not_show_anothers_images(folder: Path) -> None:
    (folder / "quests/keep/body.md").write_text("![A nest](assets/nest.gif)\n")

    assert [problem.file for problem in problems_of(folder)] == ["quests/keep/body.md"]
