"""Everything of one gate that is in progress: laying veils over things, answering through them, lifting them."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Lock

from labs.local.gate.faults import veils
from labs.local.gate.faults.occasion import Occasion
from labs.local.gate.faults.rules import Rule
from labs.local.gate.faults.veils import AccountVeil, StackVeil, StuckStackVeil, TableVeil, Veil
from labs.local.gate.refusals import Refusal, Reply
from labs.local.gate.simulator import Simulator

logger = logging.getLogger(__name__)

MOST_VEILS = 1000


class Progress:
    """The veils of one gate; safe for concurrent use."""

    def __init__(self, simulator: Simulator, *, clock: Callable[[], datetime]) -> None:
        self._simulator = simulator
        self._clock = clock
        self._veils: list[Veil] = []
        self._lock = Lock()  # Taken last: never while holding it is the simulator entered.

    def __len__(self) -> int:
        return len(self._veils)

    def go(self, occasion: Occasion) -> Reply:
        """Carry a call out, and answer it as it looks through the veils that concern it."""
        self._lift(self._take(lambda veil: veil.is_over(self._clock())))
        lying = self._near(occasion)
        with self._simulator.lock:
            for veil in lying:
                met = veil.meets(occasion.call)
                if met is not None:
                    return met
        reply = occasion.go()
        with self._simulator.lock:
            for veil in lying:
                seen = veil.covers(occasion.call, reply)
                veil.looks -= seen is not reply
                reply = seen
        return reply

    def slow(self, occasion: Occasion, rule: Rule) -> Reply:
        """Accept a call whose effect takes its time."""
        ends_at = None if rule.seconds is None else self._clock() + timedelta(seconds=rule.seconds)
        with self._simulator.lock:
            return _SLOWLY[occasion.call.operation](self, occasion, rule.looks, ends_at)

    def stick(self, occasion: Occasion) -> Reply:
        """Accept a DeleteStack that will fail because of the stack's first resource."""
        call, account = occasion.call, occasion.caller.account
        with self._simulator.lock:
            stack_id = veils.find_stack_id(call, account)
            resource = veils.first_resource(account, call.region, stack_id) if stack_id else None
            if stack_id is None or resource is None or self._lies_over(occasion, stack_id):
                return self.go(occasion)
            self._lay(StuckStackVeil(account, call.region, 1, None, stack_id, resource=resource))
            return veils.deletion_accepted()

    def finish(self) -> None:
        """Let everything reach its end at once."""
        self._lift(self._take(lambda veil: True))

    def _create_stack(self, occasion: Occasion, looks: int, ends_at: datetime | None) -> Reply:
        reply = self.go(occasion)
        stack_id = veils.created_stack_id(reply)
        if stack_id:
            region, account = occasion.call.region, occasion.caller.account
            self._lay(StackVeil(account, region, looks, ends_at, stack_id, status="CREATE_IN_PROGRESS"))
        return reply

    def _delete_stack(self, occasion: Occasion, looks: int, ends_at: datetime | None) -> Reply:
        region, account = occasion.call.region, occasion.caller.account
        stack_id = veils.find_stack_id(occasion.call, account)
        if stack_id is None or self._lies_over(occasion, stack_id):
            return self.go(occasion)
        self._lay(
            StackVeil(account, region, looks, ends_at, stack_id, status="DELETE_IN_PROGRESS", held_back=occasion.go)
        )
        return veils.deletion_accepted()

    def _delete_table(self, occasion: Occasion, looks: int, ends_at: datetime | None) -> Reply:
        region, account = occasion.call.region, occasion.caller.account
        name = veils.deletable_table(occasion.call, account)
        if name is None or self._lies_over(occasion, name):
            return self.go(occasion)
        self._lay(TableVeil(account, region, looks, ends_at, name, held_back=occasion.go))
        return veils.table_deletion_accepted(name)

    def _create_account(self, occasion: Occasion, looks: int, ends_at: datetime | None) -> Reply:
        reply = self.go(occasion)
        status = json.loads(reply.body).get("CreateAccountStatus", {}) if reply.status == 200 else {}
        if status.get("State") != "SUCCEEDED":
            return reply
        veil = AccountVeil(occasion.caller.account, "", looks, ends_at, status["AccountId"], request_id=status["Id"])
        self._lay(veil)
        return veil.covers(occasion.call, reply)

    def _near(self, occasion: Occasion) -> list[Veil]:
        with self._lock:
            return [veil for veil in self._veils if veil.concerns(occasion.call, occasion.caller.account)]

    def _lies_over(self, occasion: Occasion, thing: str) -> bool:
        return any(veil.thing == thing for veil in self._near(occasion))

    def _take(self, wanted: Callable[[Veil], bool]) -> list[Veil]:
        with self._lock:
            taken = [veil for veil in self._veils if wanted(veil)]
            self._veils = [veil for veil in self._veils if veil not in taken]
        return taken

    def _lay(self, veil: Veil) -> None:
        with self._lock:
            self._veils.append(veil)
            oldest = self._veils[:-MOST_VEILS]
            self._veils = self._veils[-MOST_VEILS:]
        self._lift(oldest)

    def _lift(self, over: list[Veil]) -> None:
        for veil in over:
            try:
                with self._simulator.lock:
                    veil.lift()
            except Refusal as refusal:
                logger.warning("what was held back is refused now: %s", refusal.message)


_SLOWLY = {
    "CreateStack": Progress._create_stack,
    "DeleteStack": Progress._delete_stack,
    "DeleteTable": Progress._delete_table,
    "CreateAccount": Progress._create_account,
}
