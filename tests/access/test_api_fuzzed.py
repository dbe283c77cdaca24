"""The API against its own document: whatever is sent, it never breaks, and it answers as it is described."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from pytest_django.fixtures import Settings
from schemathesis import checks
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance

from labs.api import api
from tests.access.test_api import TABLE, names
from tests.quests.api.programs import Program
from tests.quests.views.conftest import World

pytestmark = [pytest.mark.services, pytest.mark.django_db]

EXAMPLES = 6
ANSWERS = [checks.not_a_server_error, content_type_conformance, response_schema_conformance]


@pytest.fixture
def described(settings: Settings) -> Iterator[Any]:
    """Read the document; the requests stay in the test's own transaction."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    settings.API_REQUESTS_PER_MINUTE = 10**9
    document = schemathesis.openapi.from_dict(dict(api.get_openapi_schema()))
    document.app = get_wsgi_application()
    yield document
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.mark.parametrize("operation", TABLE)
def test_whatever_is_sent_is_answered_as_described(world: World, described: Any, operation: str) -> None:
    method, _, path = operation.partition(" ")
    known = names(world)
    before = transaction.savepoint()
    programs = [Program(person) for who in ("staff", "member") if (person := world.people[who])]

    @seed(20261125)
    @settings(
        max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck), print_blob=False
    )
    @given(case=described[path][method].as_strategy(), finds=st.booleans())
    def send(case: Any, finds: bool) -> None:
        if finds:
            case.path_parameters = {**case.path_parameters, **{k: v for k, v in known.items() if f"{{{k}}}" in path}}
        for program in programs:
            step = transaction.savepoint()
            case.call_and_validate(headers={"Authorization": f"Bearer {program.text}"}, checks=ANSWERS)
            transaction.savepoint_rollback(step)

    send()
    transaction.savepoint_rollback(before)
