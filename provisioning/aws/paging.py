"""All pages of a listing: botocore's paginators where it has one, else the token that the operation's model names."""

from collections.abc import Iterator, Mapping
from typing import Any

import jmespath
from botocore.model import OperationModel

from provisioning.aws.errors import Conflict

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


_LIMITS = frozenset({"MaxResults", "maxResults", "MaxItems", "MaxRecords", "Limit", "limit", "MaxKeys", "PageSize"})
MAX_PAGES = 20
_COUNTS = frozenset({"Count", "KeyCount", "ScannedCount"})


def whole_answer(client: Any, operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Make a call and put all pages of its answer together: lists and counts are those of all, the rest the first's.

    A call that names a page or a page's size stays as it is. Raises Conflict for more than MAX_PAGES pages: what was
    not read is unknown.
    """
    whole: dict[str, Any] = getattr(client, operation)(**parameters)
    asked, told, more = _page_words(client, operation)
    if not asked or (_LIMITS | set(asked)) & set(parameters):
        return whole
    page = whole
    for _ in range(MAX_PAGES - 1):
        following = [jmespath.search(path, page) for path in told]
        if not following[0] or (more and not jmespath.search(more, page)):
            return whole
        tokens = {name: value for name, value in zip(asked, following, strict=True) if value}
        page = getattr(client, operation)(**parameters, **tokens)
        if following == [jmespath.search(path, page) for path in told]:
            return _with(whole, page)  # The end of a stream gives out the same token for ever.
        whole = _with(whole, page)
    if jmespath.search(told[0], page) and (not more or jmespath.search(more, page)):
        raise Conflict("TooManyPages", f"The answer has more than {MAX_PAGES} pages.", operation=operation)
    return whole


def _page_words(client: Any, operation: str) -> tuple[list[str], list[str], str]:
    """Return the tokens' names in the request, their JMESPaths in the answer, and that to whether more follows."""
    if client.can_paginate(operation):
        words = client.get_paginator(operation)._pagination_cfg
        asked, told = words["input_token"], words["output_token"]
        return _listed(asked), _listed(told), words.get("more_results", "")
    model = client.meta.service_model.operation_model(client.meta.method_to_api_mapping[operation])
    token = token_of(model)
    return ([token[0]], [token[1]], "") if token else ([], [], "")


def _listed(words: str | list[str]) -> list[str]:
    return [words] if isinstance(words, str) else words


def _with(whole: dict[str, Any], page: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answer with one more page; its tokens are the last page's."""
    lists = {name: [*whole.get(name, ()), *value] for name, value in page.items() if isinstance(value, list)}
    counts = {name: whole.get(name, 0) + page[name] for name in _COUNTS & page.keys()}
    return whole | lists | counts


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
