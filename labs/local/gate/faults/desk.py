"""The control address of fault injection, for the bearer of the token only."""

from __future__ import annotations

import hmac
import json
from typing import Any

from labs.local.gate.faults.injection import Injector
from labs.local.gate.faults.rules import MOST_RULES, BadRule, Rule
from labs.local.gate.refusals import Reply
from labs.local.gate.request import Environ

PATH = "/_gate/faults"
HEADER = "x-gate-faults-token"
_LARGEST_BODY_BYTES = 1_000_000


class FaultDesk:
    """Answers GET (the report), PUT (`{"rules": [...]}`: exactly these stand), and DELETE (forget everything)."""

    def __init__(self, injector: Injector, *, token: str) -> None:
        self._injector = injector
        self._token = token.encode()

    def answer(self, environ: Environ) -> Reply | None:
        """Answer a request to the address; None when the caller shall not learn that it exists."""
        shown = environ.get(f"HTTP_{HEADER.upper().replace('-', '_')}", "")
        if not hmac.compare_digest(shown.encode(), self._token):
            return None
        match environ["REQUEST_METHOD"].upper():
            case "GET":
                return _reply(200, self._injector.report())
            case "PUT":
                try:
                    self._injector.book.set_rules(_read_rules(environ))
                except BadRule as error:
                    return _reply(400, {"error": str(error)})
            case "DELETE":
                self._injector.clear()
            case _:
                return _reply(405, {"error": "Use GET, PUT or DELETE."})
        return _reply(200, self._injector.report())


def _read_rules(environ: Environ) -> list[Rule]:
    length = int(environ.get("CONTENT_LENGTH") or 0)
    if length > _LARGEST_BODY_BYTES:
        raise BadRule(f"The rules must fit into {_LARGEST_BODY_BYTES} bytes.")
    try:
        document = json.loads(environ["wsgi.input"].read(length) if length else b"null")
    except ValueError:
        raise BadRule("The body is not JSON.") from None
    rules = document.get("rules") if isinstance(document, dict) else None
    if not isinstance(rules, list) or len(rules) > MOST_RULES:
        raise BadRule(f'The body must be {{"rules": [...]}} with at most {MOST_RULES} rules.')
    return [Rule.read(each) for each in rules]


def _reply(status: int, document: dict[str, Any]) -> Reply:
    return Reply(status, [("Content-Type", "application/json")], json.dumps(document).encode())
