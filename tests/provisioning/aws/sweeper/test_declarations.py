"""Every declaration fits AWS's own models: its calls exist, their parameters are right, its paths name real members."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.model import OperationModel, Shape
from django.test import override_settings

from provisioning.aws import clients, paging, policies, sweeper
from provisioning.aws.actions import iam_actions
from provisioning.aws.clients import Credentials
from provisioning.aws.sessions import Session
from provisioning.aws.sweeper import types
from provisioning.aws.sweeper.declaring import Listing
from provisioning.aws.sweeper.resource import Place, ResourceType

ACCOUNT = "111122223333"
MORE = re.compile(
    r"^(?!lock|client|creation).*(token|marker)$|^position$|truncated$|^hasmore|^lastevaluated", re.IGNORECASE
)
# Only in a certain state do these appear; the planted ones show them.
SEEN_ONLY_BY_STATE = {
    "cloudformation:stack",
    "cloudformation:starter-stack",
    "ec2:default-acl-entries",
    "ec2:default-group-rules",
    "ec2:default-routes",
}


class Answer(dict[str, Any]):
    """A structure of an answer that has every member of its model, and no other."""

    def get(self, key: str, default: Any = None) -> Any:
        if key == "Error":
            return default  # Botocore asks every answer for one.
        assert key in self, f"an answer of AWS has no member {key!r} beside {sorted(self)}"
        return self[key]


def _made_up(shape: Shape, name: str = "", within: frozenset[str] = frozenset()) -> Any:
    """Make an answer of the shape: one item in each list, text that says what it stands for."""
    kind = shape.type_name
    if kind == "structure":
        if shape.name in within:
            return Answer()
        inner = within | {shape.name}
        return Answer({each: _made_up(part, each, inner) for each, part in shape.members.items()})
    if kind == "list":
        return [_made_up(shape.member, name, within)] * max(1, shape.metadata.get("min", 1))
    if kind == "map":
        return {}
    if kind in ("integer", "long", "float", "double"):
        return 7
    if kind == "boolean":
        return not MORE.search(name)
    if kind == "timestamp":
        return datetime(2026, 1, 1, tzinfo=UTC)
    if kind == "blob":
        return b""
    if name.lower().endswith(("date", "time", "subscribedat")):
        return "2026-01-01T00:00:00+00:00"
    if MORE.search(name):
        return ""
    if name.lower().rstrip("s").endswith("arn") or name == "SerialNumber":
        return f"arn:aws:any:us-east-1:{ACCOUNT}:thing/made-up"
    return shape.enum[0] if shape.enum else f"made-up-{name or 'text'}".ljust(shape.metadata.get("min", 0), "x")


@dataclass
class Aws:
    """Answers every call by its model, after botocore has checked the parameters, and remembers what was called."""

    calls: list[OperationModel] = field(default_factory=list)

    def answer(self, model: OperationModel, **_: Any) -> tuple[Any, dict[str, Any]]:
        self.calls.append(model)
        parsed = _made_up(model.output_shape) if model.output_shape else Answer()
        parsed["ResponseMetadata"] = {"HTTPStatusCode": 200}
        return SimpleNamespace(status_code=200, headers={}, raw=None, content=b""), parsed

    def actions(self) -> set[str]:
        return {
            action
            for model in self.calls
            for action in iam_actions(
                signing_name=model.service_model.signing_name, operation=model.name, method=model.http["method"]
            )
        }


@pytest.fixture(scope="module")
def listening() -> Iterator[Aws]:
    asked = Aws()
    clients._made.cache_clear()
    clients.session.cache_clear()
    clients.session().register("before-call", asked.answer)
    with override_settings(AWS_MODE="aws"):
        yield asked
    clients._made.cache_clear()
    clients.session.cache_clear()


@pytest.fixture
def aws(listening: Aws) -> Aws:
    listening.calls.clear()
    return listening


def _place() -> Place:
    return Place(Session(ACCOUNT, Credentials("AKIDEXAMPLE", "not-a-secret", "token")), "us-east-1")


every_type = pytest.mark.parametrize("kind", types.ALL, ids=lambda kind: kind.name)


@every_type
def test_a_declaration_fits_the_models(kind: ResourceType, aws: Aws) -> None:
    found = list(kind.find(_place()))

    if kind.name not in SEEN_ONLY_BY_STATE:
        assert found
        assert "made-up" in found[0].handle or found[0].handle == "7"
        assert re.match(r"arn:aws:[a-z0-9-]+:[a-z0-9-]*:(\d{12})?:.|arn:aws:s3:::", found[0].arn), found[0].arn
        if isinstance(kind.find, Listing):
            assert set(found[0].details) == set(kind.find.details)
            assert (found[0].created_at is not None) == bool(kind.find.created)
    listing_calls = len(aws.calls)

    kind.delete(_place(), found[0].handle if found else "made-up")

    assert len(aws.calls) > listing_calls
    prefixes = {action.partition(":")[0] for action in aws.actions()}
    assert kind.name.partition(":")[0] in prefixes
    assert prefixes <= set(policies.PLATFORM_SERVICES)


@every_type
def test_a_listing_goes_over_all_pages(kind: ResourceType, aws: Aws) -> None:
    list(kind.find(_place()))

    for model in aws.calls:
        client = clients.client(_client_name(model), "us-east-1")
        operation = next(name for name, api in client.meta.method_to_api_mapping.items() if api == model.name)
        if client.can_paginate(operation) or paging.token_of(model):
            continue
        more = [name for name in model.output_shape.members if MORE.search(name)] if model.output_shape else []
        assert more == [], f"{model.name} has more pages, and nothing fetches them"


def _client_name(model: OperationModel) -> str:
    return str(model.service_model.service_name)


def test_every_dependency_exists_and_nothing_waits_for_itself() -> None:
    reached: dict[str, set[str]] = {}

    def before(name: str, path: tuple[str, ...]) -> set[str]:
        assert name not in path, f"a circle: {' → '.join((*path, name))}"
        if name not in reached:
            direct = types.BY_NAME[name].after
            reached[name] = {*direct, *(each for one in direct for each in before(one, (*path, name)))}
        return reached[name]

    for kind in types.ALL:
        assert set(kind.after) <= set(types.BY_NAME), kind.name
        before(kind.name, ())


def test_names_are_unique_and_the_simulator_lists_what_it_simulates(settings: Any) -> None:
    assert len(types.BY_NAME) == len(types.ALL)

    settings.AWS_MODE = "aws"
    assert sweeper.known_types() == types.ALL
    settings.AWS_MODE = "simulator"
    assert {kind.name for kind in types.ALL} - {kind.name for kind in sweeper.known_types()} == {
        "codecommit:repository",
        "ec2:capacity-reservation",
        "ec2:client-vpn-endpoint",
        "ec2:placement-group",
        "elasticache:parameter-group",
        "elasticache:serverless-cache",
        "rds:option-group",
    }
