"""All pages of a listing: botocore's paginators where it has one, else the token that the operation's model names."""

from collections.abc import Iterator, Mapping
from typing import Any

import jmespath
from botocore.model import OperationModel

# What the next request gives, and in what the answer before handed it out.
_TOKENS = (
    ("NextToken", "NextToken"),
    ("nextToken", "nextToken"),
    ("NextMarker", "NextMarker"),
    ("Marker", "NextMarker"),
    ("Marker", "Marker"),
    ("marker", "nextMarker"),
    ("PageToken", "NextPageToken"),
    ("position", "position"),
    ("ExclusiveStartDeliveryStreamName", "HasMoreDeliveryStreams && DeliveryStreamNames[-1]"),
)


def token_of(model: OperationModel) -> tuple[str, str] | None:
    """Return a token's name in the request, and the JMESPath to it in the answer; None for an operation of one page."""
    asked = model.input_shape.members if model.input_shape else {}
    told = model.output_shape.members if model.output_shape else {}
    return next(
        ((request, answer) for request, answer in _TOKENS if request in asked and answer.partition(" ")[0] in told),
        None,
    )


def items(client: Any, operation: str, path: str, parameters: Mapping[str, Any]) -> Iterator[Any]:
    """Yield what the JMESPath finds on every page."""
    if client.can_paginate(operation):
        yield from client.get_paginator(operation).paginate(**parameters).search(path)
        return
    model = client.meta.service_model.operation_model(client.meta.method_to_api_mapping[operation])
    token, wanted = token_of(model), dict(parameters)
    expression = jmespath.compile(path)
    while True:
        answer = getattr(client, operation)(**wanted)
        yield from expression.search(answer) or []
        following = jmespath.search(token[1], answer) if token else None
        if not following or not token:
            return
        wanted[token[0]] = following
