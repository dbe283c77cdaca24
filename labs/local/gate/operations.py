"""Which operation of which AWS service a request calls, found through botocore's service models."""

from __future__ import annotations

import gzip
import json
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import botocore
from moto.core.request import Request
from moto.core.routing import get_service_router
from moto.core.utils import get_service_model
from werkzeug.exceptions import NotFound

from labs.local.gate.refusals import Dialect, Kind, Protocol, Refusal
from labs.local.gate.request import FORM, AwsRequest
from labs.local.gate.signature import RAW_PATH_SERVICES
from provisioning.aws.actions import iam_actions

_HEAD_BYTES = 6000
_REST = {"rest-json": Protocol.REST_JSON, "rest-xml": Protocol.REST_XML}


@dataclass(frozen=True)
class Service:
    """What botocore says about one API without loading its whole model."""

    name: str
    metadata: Mapping[str, Any]

    @property
    def protocols(self) -> frozenset[str]:
        """Every wire format the service understands."""
        return frozenset(self.metadata.get("protocols") or [self.metadata["protocol"]])


@dataclass(frozen=True)
class Call:
    """One recognised operation with its parameters as far as the protocol shows them without a full parse."""

    service: str
    signing_name: str
    region: str
    operation: str
    parameters: Mapping[str, Any]
    actions: tuple[str, ...]

    def parameter(self, name: str) -> str | None:
        """Return a parameter's value when it is a plain string."""
        value = self.parameters.get(name)
        return value if isinstance(value, str) else None


@cache
def services_by_signing_name() -> Mapping[str, tuple[Service, ...]]:
    """Index botocore's services by signing name, the one called the same first."""
    index: dict[str, list[Service]] = defaultdict(list)
    for folder in sorted((Path(botocore.__file__).parent / "data").iterdir()):
        models = sorted(folder.glob("*/service-2.json.gz"))
        if models:
            metadata = _read_metadata(models[-1])
            index[metadata.get("signingName", metadata["endpointPrefix"])].append(Service(folder.name, metadata))
    return {name: tuple(sorted(services, key=lambda service: service.name != name)) for name, services in index.items()}


def dialect_of(request: AwsRequest, signing_name: str | None) -> Dialect:
    """Guess how the caller wants to be told about an error; never fails."""
    services = services_by_signing_name().get(signing_name or "", ())
    if request.header("x-amz-target"):
        speaking = [service for service in services if "json" in service.protocols]
        metadata = speaking[0].metadata if speaking else {}
        compatible = "awsQueryCompatible" in metadata
        return Dialect(Protocol.JSON, json_version=metadata.get("jsonVersion", "1.1"), query_compatible=compatible)
    if any(name == "Action" for name, _ in request.own_query + request.form):
        for service in services:
            if "ec2" in service.protocols:
                return Dialect(Protocol.EC2)
            if "query" in service.protocols:
                return Dialect(Protocol.QUERY, namespace=service.metadata.get("xmlNamespace", ""))
        return Dialect(Protocol.QUERY)
    for service in services:
        protocol = service.metadata["protocol"]
        if protocol in _REST and signing_name not in RAW_PATH_SERVICES:
            return Dialect(_REST[protocol])
    return Dialect(Protocol.S3)


def recognise(request: AwsRequest, *, signing_name: str, region: str) -> Call:
    """Find the operation; raise Refusal when there is none or when the request could be read in two ways.

    The gate decides on what it reads here and the simulator parses the request again: ambiguity is refused.
    """
    services = services_by_signing_name().get(signing_name, ())
    if not services:
        raise Refusal(Kind.UNKNOWN_OPERATION, f"There is no AWS service that signs as {signing_name!r}.")
    if request.header("x-amz-target"):
        service, operation, parameters = _json_call(request, services)
    elif any({"query", "ec2"} & service.protocols for service in services) and _names_action(request):
        service, operation, parameters = _query_call(request, services)
    else:
        service, operation, parameters = _rest_call(request, services)
    return Call(
        service=service,
        signing_name=signing_name,
        region=region,
        operation=operation,
        parameters=parameters,
        actions=iam_actions(signing_name=signing_name, operation=operation, method=request.method),
    )


def _json_call(request: AwsRequest, services: tuple[Service, ...]) -> tuple[str, str, dict[str, Any]]:
    prefix, _, operation = request.header("x-amz-target").rpartition(".")
    if request.own_query or request.header("content-type").startswith(FORM):
        raise Refusal(Kind.INVALID_REQUEST, "A JSON request has its parameters in a JSON body only.")
    for service in services:
        addressed = service.metadata.get("targetPrefix") == prefix and "json" in service.protocols
        if addressed and operation in get_service_model(service.name).operation_names:
            return service.name, operation, _json_object(request.body)
    raise Refusal(Kind.UNKNOWN_OPERATION, f"Unknown target {request.header('x-amz-target')!r}.")


def _query_call(request: AwsRequest, services: tuple[Service, ...]) -> tuple[str, str, dict[str, Any]]:
    if request.body and (request.own_query or not request.form):
        raise Refusal(Kind.INVALID_REQUEST, "Give the parameters once: in a form body, or in the query of a GET.")
    pairs = request.form or request.own_query
    repeated = [name for name, count in Counter(name for name, _ in pairs).items() if count > 1]
    if repeated:
        raise Refusal(Kind.INVALID_REQUEST, f"These parameters appear twice: {', '.join(sorted(repeated))}.")
    parameters: dict[str, Any] = dict(pairs)
    operation, version = parameters["Action"], parameters.get("Version")
    for service in services:
        addressed = version in (None, service.metadata["apiVersion"]) and {"query", "ec2"} & service.protocols
        if addressed and operation in get_service_model(service.name).operation_names:
            return service.name, operation, parameters
    raise Refusal(Kind.UNKNOWN_OPERATION, f"Unknown action {operation!r} in version {version!r}.")


def _rest_call(request: AwsRequest, services: tuple[Service, ...]) -> tuple[str, str, dict[str, Any]]:
    # Path style whatever the host is called: the simulator must not take a bucket from the host name.
    environ = request.forwarded(headers={"host": "localhost"}, extra={})
    for service in services:
        if not set(_REST) & service.protocols:
            continue
        if service.name == "s3" and request.raw_path.startswith("/v20180820/"):
            continue
        try:
            operation, parameters = get_service_router(service.name).match(Request(dict(environ)))
        except (NotFound, NotImplementedError):
            continue
        if service.name == "s3":
            _refuse_mixed_subresources(request)
        return service.name, str(operation.name), parameters
    raise Refusal(Kind.UNKNOWN_OPERATION, f"No operation answers {request.method} {request.path}.")


def _refuse_mixed_subresources(request: AwsRequest) -> None:
    named = [(name, value) for name, value in request.own_query if name in _s3_subresources()]
    if len(named) > 1 or any(value for _, value in named):
        names = ", ".join(sorted({name for name, _ in named}))
        raise Refusal(Kind.INVALID_REQUEST, f"Ask for one subresource at a time and give it no value: {names}.")


@cache
def _s3_subresources() -> frozenset[str]:
    model = get_service_model("s3")
    return frozenset(
        name
        for operation in model.operation_names
        for name, value in model.operation_model(operation).http_trait.query_args.items()
        if value == ""
    )


def _names_action(request: AwsRequest) -> bool:
    return any(name == "Action" for name, _ in request.own_query + request.form)


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        parsed = json.loads(body or b"{}")
    except ValueError:
        raise Refusal.named("SerializationException", "The body is not JSON.") from None
    if not isinstance(parsed, dict):
        raise Refusal.named("SerializationException", "The body is not a JSON object.")
    return parsed


def _read_metadata(model: Path) -> Mapping[str, Any]:
    with gzip.open(model) as file:
        head = file.read(_HEAD_BYTES).decode("utf-8", "ignore")
        _, found, rest = head.partition('"metadata":')
        if found:
            metadata, _ = json.JSONDecoder().raw_decode(rest.lstrip())
        else:
            file.seek(0)
            metadata = json.load(file)["metadata"]
    return dict(metadata)
