"""Locks and keys in a vended sandbox: the guardrails allow what players need, and nothing of it is left behind."""

import uuid
from datetime import timedelta
from typing import Any

import pytest

from provisioning.domain import leases
from provisioning.domain.invocations import invoke_as_participant, invoke_as_platform
from provisioning.domain.placeholders import variables
from provisioning.enums import LeaseState
from quests.domain.packs import load_pack
from quests.pack import substitute
from quests.pack.expressions import holds
from quests.pack.placeholders import substitute_expression
from quests.pack.probe_specs import AwsProbe
from tests.provisioning.sandboxes import Machine, request
from tests.quests.pack.places import DOCUMENTS, PACKS

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]


def test_a_player_solves_every_quest_of_locks_and_keys_and_the_account_is_proven_clean() -> None:
    machine, pack = Machine(), DOCUMENTS["locks-and-keys"]
    release, _new = load_pack(now=machine.clock(), folder=PACKS / "locks-and-keys")
    lease = machine.until_state(request(release.blueprint), LeaseState.READY, LeaseState.ACTIVE, LeaseState.FAILED)
    assert lease.state != LeaseState.FAILED, lease.reason
    known: dict[str, Any] = dict(variables(lease))
    person = uuid.uuid4()
    for solution in pack.solutions.values():
        for call in solution.solve.calls:
            parameters: Any = substitute(call.parameters, known)
            answer = invoke_as_participant(
                now=machine.clock(),
                lease=lease,
                person=person,
                service=call.service,
                operation=call.operation,
                parameters=parameters,
            )
            known |= call.saved_from(answer)
    unsolved = []
    for name, probe in pack.probes.items():
        if isinstance(probe, AwsProbe):
            asked: Any = substitute(probe.call.parameters, known)
            seen = invoke_as_platform(lease, probe.call.service, probe.call.operation, asked)
            if not holds(substitute_expression(probe.expect, known), seen):
                unsolved.append((name, seen))
    assert unsolved == []
    leases.end_lease(now=machine.clock() + timedelta(seconds=1), lease=lease, reason="solved")
    machine.until_state(lease, LeaseState.ENDED)
