"""From a reserved account to a ready sandbox."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import jmespath

from provisioning import throttle
from provisioning.aws import calls, organization, roles, stacks, stopping
from provisioning.aws.errors import Conflict
from provisioning.aws.policies import Allowance
from provisioning.aws.sessions import Session, bootstrap_session, platform_session
from provisioning.domain import extra_stacks, pace, placeholders, proof, stops
from provisioning.domain import guardrails as organization_guardrails
from provisioning.domain.failures import Unready
from provisioning.domain.steps.outcome import Outcome, again, proceed
from provisioning.enums import AccountSource, LeaseState
from provisioning.models import Account, Lease

_ALREADY = ("AlreadyExists", "AlreadyOwnedByYou", "Duplicate")


def session_of(lease: Lease) -> Session:
    """Return the platform's session in the lease's account."""
    return platform_session(str(account_of(lease).account_id))


def account_of(lease: Lease) -> Account:
    """Return the lease's account; a lease in these steps has one."""
    if lease.account is None:
        raise Conflict("NoAccount", f"{lease} has no account.")
    return lease.account


def identity(now: datetime, lease: Lease) -> Outcome:
    """Prove that our session is in the right account, and know the account in each region that the lease opens."""
    throttle.take("sts:AssumeRole")
    if _settle_our_role(lease):
        return again(now)
    known = proof.baseline(account_of(lease), lease.blueprint.regions)
    return Outcome(
        {"state": LeaseState.PROVISIONING, "step": "guardrails", "progress": 0, "due_at": now}, account=known
    )


def _settle_our_role(lease: Lease) -> str | None:
    """Give an account that we created, perhaps long ago, the platform role as it should be today, a change at a time.

    A registered account's role is its company's StackSet's; `aws check` says what it may not do.
    """
    session, hub = session_of(lease), organization.hub_account_id()
    if account_of(lease).source != AccountSource.MANAGED or roles.has_platform_role(session, hub_account_id=hub):
        return None
    # Our own role may not change itself.
    throttle.take("sts:AssumeRole")
    return roles.settle_platform_role(bootstrap_session(session.account_id), hub_account_id=hub)


def settle_limits(lease: Lease) -> str | None:
    """Make the next change that the participants' role and boundary need; None when they are as wanted."""
    return roles.settle_participant_role(
        session_of(lease),
        hub_account_id=organization.hub_account_id(),
        allowance=allowance_of(lease),
        issued_from=_issued_from(lease),
        kept=_kept(lease),
    )


def has_limits(lease: Lease) -> bool:
    """Tell whether the participants' role is bounded as wanted; nothing is changed."""
    return roles.is_bounded(
        session_of(lease), allowance=allowance_of(lease), issued_from=_issued_from(lease), kept=_kept(lease)
    )


def _issued_from(lease: Lease) -> datetime:
    since = account_of(lease).state_since
    return max(since, lease.sessions_from or since)


def _kept(lease: Lease) -> list[str]:
    return [arn for arn in account_of(lease).baseline if arn.startswith("arn:aws:iam:")]


def allowance_of(lease: Lease) -> Allowance:
    """Return what the lease's participants may use, and who of them may not."""
    return Allowance(
        services=tuple(lease.blueprint.services),
        regions=tuple(lease.blueprint.regions),
        instance_types=tuple(lease.blueprint.instance_types),
        ends_at=lease.ends_at,
        refused=stops.refused_people(lease),
    )


def guardrails(now: datetime, lease: Lease) -> Outcome:
    """Bound what participants will be able to do, before there is anything to do it to."""
    if settle_limits(lease) or organization_guardrails.settle(account=account_of(lease), allowance=allowance_of(lease)):
        return again(now, progress=lease.progress + 1)
    return proceed(now, "stack")


def stack_name(lease: Lease) -> str:
    """Return the starter stack's name, which no other lease or attempt shares."""
    return f"gameday-{lease.id.hex[:12]}-{lease.attempt}"


def stack(now: datetime, lease: Lease) -> Outcome:
    """Create the starter stack once, wait for it, keep its outputs."""
    session, region, name = session_of(lease), lease.blueprint.regions[0], stack_name(lease)
    tags = {stacks.LEASE_TAG: str(lease.id), stacks.ATTEMPT_TAG: str(lease.attempt)}
    found = stacks.find(session, region=region, name=name)
    if found is None:
        parameters = placeholders.fill(lease.blueprint.parameters, placeholders.variables(lease))
        stacks.create(
            session,
            region=region,
            name=name,
            token=f"{lease.id.hex}-{lease.attempt}-stack",
            template=lease.blueprint.template,
            parameters=parameters,
            tags=tags,
        )
        return again(now)
    if dict(found.tags).get(stacks.LEASE_TAG) != str(lease.id):
        raise Unready(f"There is a stack {name} that is not this lease's.")
    if found.is_complete:
        onward = extra_stacks.STEP if extra_stacks.is_any_due(lease) else "seed"
        return proceed(now, onward, outputs=dict(found.outputs))
    if found.is_moving:
        return again(now, pace.poll())
    why = stacks.failures(session, region=region, name=name) or found.reason
    raise StackFailed(f"The starter stack is {found.status}: {why}")


class StackFailed(Unready):
    """The starter stack will not become complete any more; trying again in this account is pointless."""


def seed(now: datetime, lease: Lease) -> Outcome:
    """Make the next of the blueprint's seed calls; each is idempotent, as the pack promises."""
    remaining = lease.blueprint.seed[lease.progress :]
    if not remaining:
        return proceed(now, "readiness")
    try:
        _call(lease, remaining[0])
    except Conflict as error:
        if not any(word in error.code for word in _ALREADY) and "already exists" not in str(error):
            raise
    return again(now, progress=lease.progress + 1)


def readiness(now: datetime, lease: Lease) -> Outcome:
    """Let the sandbox out of our hands only when every probe of the blueprint says that it is as promised."""
    known = placeholders.variables(lease)
    for probe in lease.blueprint.readiness:
        answer = _call(lease, probe)
        if not jmespath.search(placeholders.fill(probe["expect"], known), answer):
            raise Unready(f"Not ready: {probe.get('label') or probe['operation']}")
    ready = {"progress": 0, "due_at": now, "cost_due_at": now + pace.cost_interval()}
    closed = _closed_because(lease)
    if closed:
        frozen = {"state": LeaseState.FROZEN, "step": "refuse", "stays_frozen": False}
        return Outcome(ready | frozen, reason=closed)
    return Outcome({**ready, "state": LeaseState.READY, "step": ""})


def _closed_because(lease: Lease) -> str:
    """Say why nobody may get into what has become ready; empty when they may."""
    if stopping.is_stopped(session_of(lease)):
        return "everything was stopped (manage.py aws stop-everything): undo that first, then unfreeze it"
    return "it was frozen before it had to start over" if lease.stays_frozen else ""


def _call(lease: Lease, call: Mapping[str, Any]) -> dict[str, Any]:
    known = placeholders.variables(lease)
    return calls.invoke(
        session_of(lease),
        call["service"],
        call["operation"],
        placeholders.fill(call.get("parameters", {}), known),
        region=placeholders.fill(call.get("region") or lease.blueprint.regions[0], known),
    )


STEPS: dict[str, Callable[[datetime, Lease], Outcome]] = {
    "identity": identity,
    "guardrails": guardrails,
    "stack": stack,
    "seed": seed,
    "readiness": readiness,
}
