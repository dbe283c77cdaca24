"""The quest page launches a pack's service, shows what it does, and stops it."""

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from django.urls import reverse
from pytest_django import Settings

from labs.local.ports import choose_port
from provisioning.enums import LeaseState
from quests.domain.reference_services import addresses_by_team
from quests.enums import ServiceState
from quests.management.commands.reference_services import Runner
from quests.models import ReferenceService
from tests.quests.views.conftest import World

pytestmark = [pytest.mark.services, pytest.mark.django_db]


@dataclass
class Page:
    """The quest's page in the browser of one person, and the runner behind it."""

    world: World
    runner: Runner

    def post(self, what: str, who: str = "member", **values: str) -> str:
        address = reverse(what, args=[self.world.event.slug, "talking-catalogue", "catalogue"])
        return self.world.client(who).post(address, values, follow=True).content.decode()

    def text(self, who: str = "member") -> str:
        address = reverse("quest", args=[self.world.event.slug, "talking-catalogue"])
        return self.world.client(who).get(address).content.decode()

    def look_until(self, state: ServiceState) -> ReferenceService:
        deadline = time.monotonic() + 60
        while True:
            self.runner.look()
            service = ReferenceService.objects.get()
            if service.state == state:
                return service
            assert service.state != ServiceState.CRASHED, (service.reason, service.output)
            assert time.monotonic() < deadline, (service.state, service.reason, service.output)
            time.sleep(0.05)


class Vending(BaseHTTPRequestHandler):
    """Answers as the credentials endpoint does, for processes that get no further than making a client."""

    def do_GET(self) -> None:
        assert self.headers["Authorization"]
        body = b'{"AccessKeyId": "ASIA", "SecretAccessKey": "s", "Token": "t", "Expiration": "2100-01-01T00:00:00Z"}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def vending() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Vending) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def page(world: World, settings: Settings, vending: str) -> Iterator[Page]:
    settings.PUBLIC_BASE_URL = vending
    settings.REFERENCE_PORTS = [choose_port()]
    assert world.team.place and world.team.place.lease
    lease = world.team.place.lease
    lease.state = LeaseState.READY
    lease.outputs = {"ProductsTable": "products"}
    lease.save()
    runner = Runner()
    yield Page(world, runner)
    runner.stop_all()


def test_it_is_launched_answers_and_is_stopped(page: Page) -> None:
    assert 'value="products"' in page.text()
    assert "It is being started" in page.post("service_launch", TABLE="products")
    service = page.look_until(ServiceState.RUNNING)
    assert "The catalogue is open" in service.output
    text = page.text()
    assert f"http://127.0.0.1:{service.port}" in text
    assert "The catalogue is open" in text
    assert "It is being stopped" in page.post("service_stop")
    page.look_until(ServiceState.STOPPED)
    assert addresses_by_team([page.world.team.pk])[page.world.team.pk] == set()


def test_a_crash_is_shown_with_its_reason_and_it_can_be_started_again(page: Page) -> None:
    page.post("service_launch", TABLE="")
    page.look_until(ServiceState.CRASHED)
    text = page.text()
    assert "It ended by itself, with status 2." in text
    assert "say which table holds the products" in text
    page.post("service_launch", TABLE="products")
    page.look_until(ServiceState.RUNNING)


def test_another_runner_starts_it_again_when_the_first_one_is_gone(page: Page) -> None:
    page.post("service_launch", TABLE="products")
    page.look_until(ServiceState.RUNNING)
    page.runner.stop_all()
    ReferenceService.objects.update(claimed_until=None, state=ServiceState.STARTING)
    page.runner = Runner()
    page.look_until(ServiceState.RUNNING)


def test_a_rival_sees_nothing_of_it_and_cannot_stop_it(page: Page) -> None:
    page.post("service_launch", TABLE="our-own-secret-table")
    page.look_until(ServiceState.RUNNING)
    assert "our-own-secret-table" not in page.text("other_team")
    assert "It does not run." in page.post("service_stop", who="other_team")
    assert ReferenceService.objects.get().state == ServiceState.RUNNING
