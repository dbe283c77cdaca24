"""The page with the keys, and the one that says who took them."""

import re
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import AuditEntry
from provisioning.domain import stops
from provisioning.enums import LeaseState
from provisioning.models import AccessToken, Lease
from quests.domain.joining import join_event, join_team
from quests.domain.queries.attribution import attribution
from tests.provisioning import sandboxes
from tests.provisioning.federation import Federation
from tests.provisioning.sandboxes import Machine
from tests.quests.conftest import new_person
from tests.quests.views.conftest import World

pytestmark = [pytest.mark.services, pytest.mark.django_db]


@pytest.fixture
def lease(world: World) -> Lease:
    """The sandbox of the member's team, ready to play in."""
    assert world.team.place is not None
    assert world.team.place.lease is not None
    lease = world.team.place.lease
    sandboxes.vend_alone(Machine(), lease)
    return lease


def _page(world: World, client: Client | None = None) -> str:
    client = client or world.client("member")
    return unescape(client.get(reverse("access", args=[world.event.slug])).content.decode())


def _press(world: World, kind: str) -> str:
    address = reverse("access_token_create", args=[world.event.slug])
    answer = world.client("member").post(address, {"kind": kind})
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    return unescape(answer.content.decode())


def test_the_page_names_the_account_and_keeps_keys_behind_buttons(world: World, lease: Lease) -> None:
    assert lease.account is not None
    page = _page(world)

    assert f'data-copy="{lease.account.account_id}"' in page
    assert lease.account.name in page
    assert set(re.findall(r'name="kind" value="([\w-]+)"', page)) == {
        *("refreshing", "refreshing-powershell", "process", "exports", "exports-powershell")
    }
    assert "has no web console" in page
    assert not AccessToken.objects.exists()


@pytest.mark.parametrize(
    ("kind", "sign"),
    [
        ("refreshing", "export AWS_CONTAINER_AUTHORIZATION_TOKEN="),
        ("refreshing-powershell", "$env:AWS_CONTAINER_AUTHORIZATION_TOKEN = '"),
        ("process", 'credential_process = "$PWD/credentials"'),
        ("exports", "export AWS_SESSION_TOKEN="),
        ("exports-powershell", "$env:AWS_SESSION_TOKEN = '"),
    ],
)
def test_each_button_shows_its_block_once(world: World, lease: Lease, kind: str, sign: str) -> None:
    assert sign in _press(world, kind)
    assert sign not in _page(world)


def test_a_new_block_ends_the_token_of_the_one_before(world: World, lease: Lease) -> None:
    _press(world, "refreshing")
    _press(world, "process")

    ended = [token.revoked_at is not None for token in AccessToken.objects.order_by("created_at")]
    assert ended == [True, False]


def test_a_console_link_comes_per_click_with_the_account_the_end_and_a_warning(
    world: World, lease: Lease, federation: Federation
) -> None:
    assert lease.account is not None
    address = reverse("console_link_create", args=[world.event.slug])
    assert address in _page(world)

    page = unescape(world.client("member").post(address).content.decode())

    links = re.findall(r'id="console-link" href="([^"]+)"', page)
    assert [link.startswith(f"{federation.url}?Action=login&") for link in links] == [True]
    groups = re.sub(r"(\d{4})", r"\1 ", str(lease.account.account_id)).strip()
    assert f"{lease.account.name}</b>, <b>{groups}</b>" in page
    assert "signed in to another AWS account?" in page
    assert "logout!doLogout" in page
    assert "private window" in page
    assert "console-link" not in _page(world)


def test_a_frozen_sandbox_says_that_access_is_paused(world: World, lease: Lease) -> None:
    Lease.objects.filter(pk=lease.pk).update(state=LeaseState.FROZEN)

    page = _page(world)

    assert "Access is paused" in page
    assert "frozen: access is paused for the whole team" in page
    assert 'name="kind"' not in page


def test_a_stopped_person_reads_why_and_the_team_mate_goes_on(world: World, lease: Lease) -> None:
    mate = new_person("Mate")
    join_team(
        now=timezone.now(),
        participation=join_event(now=timezone.now(), code=world.event.join_code, user=mate),
        enrollment=world.team,
    )
    client = Client()
    client.force_login(mate)
    member = world.people["member"]
    assert member is not None
    stops.stop_person(now=timezone.now(), lease=lease, person=member.id, actor=None, reason="Keys were posted")

    assert "Your access was stopped" in (page := _page(world))
    assert "(Keys were posted)" in page
    assert 'name="kind"' not in page
    assert 'name="kind"' in _page(world, client)


def test_an_organizer_stops_and_allows_a_person_and_the_page_shows_who_took_keys(world: World, lease: Lease) -> None:
    _press(world, "exports")
    organizer, shown = world.client("organizer"), reverse("team_access", args=[world.event.slug])
    vend = AuditEntry.objects.get(action="access.credentials")
    page = organizer.get(shown).content.decode()
    assert vend.details["access_key_id"] in page

    person = world.team.participations.get()
    words = {"person": person.pk, "reason": "Keys were posted", "confirm": "on"}
    page = organizer.post(reverse("access_stop", args=[world.event.slug]), words, follow=True).content.decode()
    assert "gets no keys any more" in page
    assert "Keys were posted" in page
    assert "Your access was stopped" in _page(world)

    page = organizer.post(reverse("access_allow", args=[world.event.slug]), words, follow=True).content.decode()
    assert "may take new keys" in page
    assert "Your access was stopped" not in _page(world)


@pytest.mark.parametrize("missing", ["person", "reason", "confirm"])
def test_a_stop_needs_a_person_a_reason_and_a_confirmation(world: World, lease: Lease, missing: str) -> None:
    words = {"person": world.team.participations.get().pk, "reason": "Keys were posted", "confirm": "on"}
    del words[missing]

    answer = world.client("organizer").post(reverse("access_stop", args=[world.event.slug]), words)

    assert answer.status_code == 422
    assert "This field is required" in answer.content.decode()
    assert stops.refused_people(lease) == ()


def test_a_person_of_another_event_is_not_stopped_from_here(world: World) -> None:
    stranger = world.people["other_event"]
    assert stranger is not None
    words = {"person": stranger.participations.get().pk, "reason": "Keys were posted", "confirm": "on"}

    answer = world.client("organizer").post(reverse("access_stop", args=[world.event.slug]), words)

    assert answer.status_code == 422


def test_coaches_look_and_stop_nobody(world: World) -> None:
    page = world.client("coach").get(reverse("team_access", args=[world.event.slug])).content.decode()

    assert "Hippo Ballerinas" in page
    assert "access_stop" not in page
    assert reverse("access_stop", args=[world.event.slug]) not in page


def test_the_page_costs_the_same_whoever_took_keys(
    world: World, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    def journal(person: str) -> None:
        user = world.people[person]
        assert user is not None
        AuditEntry.objects.create(
            at=timezone.now(),
            actor=user.id,
            action="access.credentials",
            scope=world.event.id,
            details={"access_key_id": "ASIA0", "account": "123456789012"},
        )

    journal("member")
    journal("outsider")
    with django_assert_num_queries(6):
        attribution(world.event)
    for person in ("other_team", "coach"):
        journal(person)
    with django_assert_num_queries(6):
        assert [vend.name for vend in attribution(world.event).vends] == [
            *("Coach", "Other_Team", "Outsider", "Member")
        ]
