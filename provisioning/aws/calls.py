"""Arbitrary calls, as packs and participants write them: validated against AWS's own models, answered in JSON."""

import base64
import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from html import unescape
from typing import Any

import botocore.exceptions
from botocore import xform_name
from botocore.model import OperationModel, ServiceModel
from botocore.response import StreamingBody
from botocore.validate import ParamValidator

from provisioning.aws import clients
from provisioning.aws.sessions import Session

PLACEHOLDER = re.compile(r"\$\{[^}]+\}")
BODY_BYTES, TEXT_CHARACTERS = 65_536, 65_536
_READING = re.compile(
    r"^(batch_get|describe|estimate|filter|get|head|list|lookup|query|scan|search|select|simulate)(_|$)"
)


@dataclass(frozen=True)
class Member:
    """One parameter of an operation."""

    name: str
    type: str
    required: bool
    documentation: str


@dataclass(frozen=True)
class Operation:
    """An operation as the workbench shows it."""

    service: str
    name: str
    documentation: str
    members: tuple[Member, ...]


class UnknownOperation(LookupError):
    """There is no such service or operation."""


@lru_cache(maxsize=64)
def _service(service: str) -> ServiceModel:
    try:
        return clients.session().get_service_model(service)
    except botocore.exceptions.UnknownServiceError:
        raise UnknownOperation(f"There is no AWS service called {service!r}.") from None


@lru_cache(maxsize=64)
def _names(service: str) -> Mapping[str, str]:
    return {xform_name(name): name for name in _service(service).operation_names}


def operation_model(service: str, operation: str) -> OperationModel:
    """Return botocore's model of an operation in snake case; raises UnknownOperation."""
    name = _names(service).get(operation)
    if name is None:
        raise UnknownOperation(f"The service {service} has no operation {operation!r}.")
    return _service(service).operation_model(name)


def services() -> list[str]:
    """Return the name of every service that botocore knows."""
    return list(clients.session().get_available_services())


def operations(service: str) -> list[str]:
    """Return a service's operations in snake case; raises UnknownOperation for an unknown service."""
    return sorted(_names(service))


def is_read_only(operation: str) -> bool:
    """Tell by its name whether an operation only reads."""
    return bool(_READING.match(operation))


def describe_operation(service: str, operation: str) -> Operation:
    """Return an operation's documentation in plain text and its parameters, required ones first."""
    model = operation_model(service, operation)
    shape = model.input_shape
    required = set(shape.required_members) if shape else set()
    members = [
        Member(name, member.type_name, name in required, _plain(member.documentation))
        for name, member in (shape.members.items() if shape else ())
    ]
    members.sort(key=lambda member: not member.required)
    return Operation(service, operation, _plain(model.documentation), tuple(members))


def _plain(documentation: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", documentation or "")).split())


def validate_call(service: str, operation: str, parameters: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with a call, nothing when AWS's model accepts it; `${…}` inside strings stands for text."""
    try:
        model = operation_model(service, operation)
    except UnknownOperation as error:
        return [str(error)]
    if model.input_shape is None:
        return [f"{operation} takes no parameters."] if parameters else []
    filled = _stand_in(parameters, model.input_shape)
    report = ParamValidator().validate(filled, model.input_shape).generate_report()
    unknown = sorted(set(parameters) - set(model.input_shape.members))
    problems = [line for line in report.splitlines() if line]
    return problems + [f"{operation} has no parameter {name!r}." for name in unknown if name not in report]


def _stand_in(value: Any, shape: Any) -> Any:
    """Put something of the right type where a placeholder will be filled in later; `shape` is botocore's."""
    if isinstance(value, str) and PLACEHOLDER.search(value):
        is_number = PLACEHOLDER.fullmatch(value) and shape.type_name in ("integer", "long")
        return 1 if is_number else PLACEHOLDER.sub("placeholder-value", value)
    if isinstance(value, Mapping) and shape.type_name == "structure":
        known = shape.members
        return {key: _stand_in(item, known[key]) if key in known else item for key, item in value.items()}
    if isinstance(value, Mapping) and shape.type_name == "map":
        return {key: _stand_in(item, shape.value) for key, item in value.items()}
    if isinstance(value, list) and shape.type_name == "list":
        return [_stand_in(item, shape.member) for item in value]
    return value


def invoke(
    session: Session, service: str, operation: str, parameters: Mapping[str, Any], *, region: str
) -> dict[str, Any]:
    """Make a call and return its answer as JSON-safe data without AWS's own metadata; raises an AwsError."""
    operation_model(service, operation)
    answer = session.call(service, operation, region=region, **parameters)
    answer.pop("ResponseMetadata", None)
    safe: dict[str, Any] = json_safe(answer)
    return safe


def invoke_all_pages(
    session: Session, service: str, operation: str, parameters: Mapping[str, Any], *, region: str
) -> dict[str, Any]:
    """Make a call like `invoke`, over all the pages of its answer (see `paging.whole_answer`)."""
    operation_model(service, operation)
    answer = session.whole(service, operation, region=region, **parameters)
    answer.pop("ResponseMetadata", None)
    safe: dict[str, Any] = json_safe(answer)
    return safe


def json_safe(value: Any) -> Any:
    """Make an answer of botocore fit for JSON: times as ISO text, bytes as text or base64, bodies bounded."""
    if isinstance(value, Mapping):
        return {str(key): json_safe(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [json_safe(item) for item in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    return _as_text(value)


def _as_text(value: Any) -> str:
    if isinstance(value, dt.datetime | dt.date):
        return value.isoformat()
    if isinstance(value, StreamingBody):
        with value:
            value = value.read(BODY_BYTES)
    if isinstance(value, bytes | bytearray):
        return _decoded(bytes(value[:BODY_BYTES]))
    text = str(value)
    return text if len(text) <= TEXT_CHARACTERS else text[:TEXT_CHARACTERS] + "…"


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return base64.b64encode(data).decode("ascii")
