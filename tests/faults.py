"""Making calls to the simulator go wrong on purpose: a small client of the gate's fault injection."""

import json
import urllib.request
from typing import Any

_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Faults:
    """The faults of one gate. What is added stands until `clear`; counts begin anew there.

    A rule is written as keywords, see `labs.local.gate.faults.rules`: `faults.add(kind="throttle", service="sqs",
    operation="ListQueues", times=3)`.
    """

    def __init__(self, gate_url: str, token: str) -> None:
        self._address = f"{gate_url}/_gate/faults"
        self._token = token
        self.rules: list[dict[str, Any]] = []

    def add(self, kind: str, **rule: Any) -> None:
        """Let one more rule stand; those that stand already go on where they are."""
        self.set([*self.rules, {"kind": kind, **rule}])

    def set(self, rules: list[dict[str, Any]]) -> None:
        """Let exactly these rules stand and keep the counts."""
        self._ask("PUT", {"rules": rules})
        self.rules = rules

    def clear(self) -> None:
        """Let nothing go wrong any more, end what is in progress, and forget all counts."""
        self._ask("DELETE")
        self.rules = []

    def report(self) -> dict[str, Any]:
        """Return what the gate says: rules, injected faults, calls, how many states are in progress."""
        return self._ask("GET")

    def injected(self, **which: str) -> int:
        """Count injected faults, of a kind, service, operation or account when given."""
        return _total(self.report()["injected"], which)

    def calls(self, **which: str) -> int:
        """Count calls, of a service, operation or account when given; refused and lost ones included."""
        return _total(self.report()["calls"], which)

    def _ask(self, method: str, body: Any = None) -> dict[str, Any]:
        request = urllib.request.Request(
            self._address,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"X-Gate-Faults-Token": self._token, "Content-Type": "application/json"},
        )
        with _direct.open(request, timeout=30) as answer:
            report: dict[str, Any] = json.load(answer)
        return report


def _total(counts: list[dict[str, Any]], which: dict[str, str]) -> int:
    return sum(each["count"] for each in counts if all(each[name] == value for name, value in which.items()))
