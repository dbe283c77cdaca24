"""http: one request to a team's address and what the answer must be."""

from __future__ import annotations

import json
from collections.abc import Iterator

from quests.enums import Outcome
from quests.pack.expressions import ExpressionError, holds
from quests.pack.placeholders import substitute, substitute_expression, substitute_text
from quests.pack.probe_specs import HttpExpectation, HttpProbe, HttpRequest, HttpStep
from quests.probes.context import Attempt
from quests.probes.http_answer import HttpAnswer, RequestFailed, RequestUnknown
from quests.probes.http_engine import HttpCall
from quests.probes.verdict import Finding, compact


async def check_http(probe: HttpProbe, attempt: Attempt) -> Finding:
    """Send the probe's request and judge the answer."""
    finding, _ = await ask(probe, attempt)
    return finding


async def ask(step: HttpStep, attempt: Attempt) -> tuple[Finding, HttpAnswer | None]:
    """Send the request of a probe or a flow's step; return what was found, and the answer if there was one.

    Raises OutOfTime if no time is left to ask fairly.
    """
    call = _call(step.request, attempt)
    asked = f"{call.method} {call.url}" + (f" {call.body.decode()}" if call.body else "")
    expect = _resolved(step.expect, attempt)
    expected = ", ".join(_wishes(expect))
    try:
        answer = await attempt.context.http.send(call, seconds=attempt.remaining())
    except RequestFailed as error:
        return Finding(Outcome.FAIL, str(error), asked, expected, "no usable answer"), None
    except RequestUnknown as error:
        return Finding(Outcome.ERROR, str(error), asked, expected, "no answer"), None
    faults = list(_faults(expect, answer))
    seen = f"HTTP {answer.status} in {answer.milliseconds} ms\n{answer.text}".rstrip()
    if faults:
        return Finding(Outcome.FAIL, f"{call.method} {call.url} {faults[0]}.", asked, expected, seen), answer
    summary = f"{call.method} {call.url} answered {answer.status} in {answer.milliseconds} ms."
    return Finding(Outcome.PASS, summary, asked, expected, seen), answer


def _call(request: HttpRequest, attempt: Attempt) -> HttpCall:
    # “http://host/” and “http://host” are the same address to the people who hand them in.
    bases = {
        name: value.strip().rstrip("/") if isinstance(value, str) and name.startswith("inputs.") else value
        for name, value in attempt.variables.items()
    }
    headers = {name: substitute_text(value, attempt.variables) for name, value in request.headers.items()}
    body = None
    if request.json_body is not None:
        headers = {"Content-Type": "application/json", **headers}
        body = json.dumps(substitute(request.json_body, attempt.variables)).encode()
    elif request.body is not None:
        body = substitute_text(request.body, attempt.variables).encode()
    url = substitute_text(request.url, bases)
    return HttpCall(request.method, url, headers, body, attempt.destination_of(request.url))


def _resolved(expect: HttpExpectation, attempt: Attempt) -> HttpExpectation:
    """Return the expectation with its placeholders filled in from what the platform knows."""
    trusted = attempt.trusted()
    return expect.model_copy(
        update={
            "headers": {name: substitute_text(value, trusted) for name, value in expect.headers.items()},
            "contains": expect.contains and substitute_text(expect.contains, trusted),
            "json_holds": expect.json_holds and substitute_expression(expect.json_holds, trusted),
        }
    )


def _wishes(expect: HttpExpectation) -> Iterator[str]:
    if expect.status is not None:
        yield f"status {expect.status}"
    for name, value in expect.headers.items():
        yield f"header {name}: {value}"
    if expect.contains is not None:
        yield f"the text {compact(expect.contains)}"
    if expect.json_holds is not None:
        yield f"JSON with {expect.json_holds}"
    if expect.within_ms is not None:
        yield f"within {expect.within_ms} ms"


def _faults(expect: HttpExpectation, answer: HttpAnswer) -> Iterator[str]:
    """Yield what is wrong with the answer, each as the end of a sentence about the request."""
    if expect.status is not None and answer.status != expect.status:
        yield f"answered {answer.status} instead of {expect.status}"
    for name, value in expect.headers.items():
        if answer.headers.get(name) != value:
            yield f"answered with the header {name}: {answer.headers.get(name, '(none)')}"
    if expect.contains is not None and expect.contains not in answer.text:
        yield f"answered without the text {compact(expect.contains)}"
    if expect.json_holds is not None:
        yield from _json_faults(expect.json_holds, answer)
    if expect.within_ms is not None and answer.milliseconds > expect.within_ms:
        yield f"took {answer.milliseconds} ms"


def json_of(answer: HttpAnswer) -> object:
    """Return the answer's JSON, or raise ValueError."""
    try:
        return json.loads(answer.body)
    except RecursionError as error:
        raise ValueError("is nested too deeply") from error


def _json_faults(expression: str, answer: HttpAnswer) -> Iterator[str]:
    try:
        document = json_of(answer)
    except ValueError:
        yield "did not answer in JSON"
        return
    try:
        if not holds(expression, document):
            yield "answered with other JSON than expected"
    except ExpressionError:
        yield "answered with JSON of another shape than expected"
