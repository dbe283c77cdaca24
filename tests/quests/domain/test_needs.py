"""What a pack or an event needs is found by folder, by release and by event; what is unknown is said."""

import pytest

from provisioning.needs import UnknownNeeds
from quests.domain.needs import needs_of
from quests.models import Event, PackRelease
from tests.quests.conftest import FIRST_FLIGHT

pytestmark = [pytest.mark.services, pytest.mark.django_db]


def test_a_folder_and_its_release_need_the_same(release: PackRelease) -> None:
    by_folder = needs_of(pack=str(FIRST_FLIGHT))
    assert by_folder.services[:3] == ("apigateway", "cloudformation", "dynamodb")
    assert by_folder.sandboxes is None
    assert needs_of(pack="first-flight") == needs_of(pack=f"first-flight@{release.version}") == by_folder


def test_an_event_needs_its_places_and_its_time(event: Event) -> None:
    needs = needs_of(event=event.slug)
    assert (needs.sandboxes, needs.starts_at, needs.ends_at) == (3, event.starts_at, event.ends_at)
    assert needs.regions == ("eu-central-1",)
    assert needs_of(event=event.slug, pack="packs/first-flight") == needs


@pytest.mark.parametrize(
    ("pack", "slug", "told"),
    [
        ("other", "", "no folder 'other' and no loaded pack"),
        ("first-flight@9.9.9", "", "Loaded are: first-flight@1.2.0"),
        ("tests/quests", "", r"problem\(s\); the first"),
        ("", "no-such-event", "no event 'no-such-event'"),
        ("other", "test-flight", "plays first-flight, not other"),
    ],
)
def test_what_is_unknown_is_said(event: Event, pack: str, slug: str, told: str) -> None:
    assert event.slug == "test-flight"
    with pytest.raises(UnknownNeeds, match=told):
        needs_of(pack=pack, event=slug)
