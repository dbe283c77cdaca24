"""The account pool: making accounts when leases wait for them, and cleaning what comes back without a lease."""

import secrets
from collections.abc import Callable
from datetime import datetime
from typing import Any

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q

from provisioning import throttle
from provisioning.aws import organization, roles
from provisioning.aws.errors import Conflict
from provisioning.aws.sessions import bootstrap_session, platform_session
from provisioning.domain import claims, cleaning, failures, pace
from provisioning.enums import AccountState, LeaseState
from provisioning.models import Account, Lease, SimulatorGeneration
from provisioning.signals import work_due

log = structlog.get_logger(__name__)

_PROVIDE_LOCK = 7_401_001
_COMING = [AccountState.CREATING, AccountState.BOOTSTRAPPING, AccountState.CLEANING, AccountState.VERIFYING]
FALLBACK_REGIONS = ["us-east-1"]


def provide(*, now: datetime) -> int:
    """Write a row for each account that waiting leases need and the limit allows; return how many."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_PROVIDE_LOCK])
        waiting = Lease.objects.filter(state=LeaseState.REQUESTED, ends_at__gt=now).count()
        if not waiting:
            return 0
        kept = Account.objects.exclude(state=AccountState.RETIRED)
        coming = kept.filter(Q(state__in=_COMING, due_at__isnull=False) | Q(state=AccountState.AVAILABLE)).count()
        wanted: int = max(0, min(waiting - coming, settings.AWS_ACCOUNT_LIMIT - kept.count()))
        latest = SimulatorGeneration.objects.order_by("seen_at").last()
        for _ in range(wanted):
            Account.objects.create(
                **_identity(),
                state=AccountState.CREATING,
                state_since=now,
                step="create",
                due_at=now,
                generation=latest.generation if latest else "",
                created_at=now,
            )
        return wanted


def _identity() -> dict[str, str]:
    name = f"gameday-{secrets.token_hex(5)}"
    return {"name": name, "email": f"{name}@{settings.AWS_ACCOUNT_EMAIL_DOMAIN}"}


def advance(*, now: datetime, account: Account) -> None:
    """Do one step of a claimed account and write its result; raises ClaimLost if it has moved meanwhile."""
    try:
        if account.state in (AccountState.CREATING, AccountState.BOOTSTRAPPING):
            changes, certificate = STEPS[account.step](now, account), None
        else:
            progress = cleaning.advance(now=now, account=account, step=account.step)
            changes = {"step": progress.step, "due_at": now + progress.after, **progress.account}
            certificate = progress.certificate
    except throttle.Paced as paced:
        claims.write(account, due_at=now + paced.wait)
        return
    except claims.ClaimLost:
        raise
    except Exception as error:  # noqa: BLE001  (whatever it is, this row waits and the others go on)
        _failed(now, account, error)
        return
    if "state" in changes and changes["state"] != account.state:
        changes["state_since"] = now
    with transaction.atomic():
        claims.write(account, attempts=0, **{key: value for key, value in changes.items() if key != "attempts"})
        if certificate is not None:
            certificate.save()
    log.info("account moved", account=str(account), state=str(account.state), step=account.step)
    if account.state == AccountState.AVAILABLE:
        wake_waiting(now=now)


def _failed(now: datetime, account: Account, error: Exception) -> None:
    words = failures.in_words(error)
    log.warning(
        "account step failed", account=str(account), step=account.step, error=words, exc_info=failures.unexpected(error)
    )
    attempts = account.attempts + 1
    # An account that AWS has not made yet cannot be at fault; its row waits until it can be made.
    if account.state != AccountState.CREATING and failures.is_exhausted(error, attempts):
        reason = f"{account.step} failed {attempts} times: {words}"
        claims.write(account, **cleaning.quarantine(reason), state_since=now, attempts=attempts)
    else:
        claims.write(account, attempts=attempts, reason=words, due_at=now + claims.backoff(attempts))


def wake_waiting(*, now: datetime) -> None:
    """Make the waiting leases due: an account has become available."""
    with transaction.atomic():
        Lease.objects.filter(state=LeaseState.REQUESTED, due_at__gt=now).update(due_at=now)
        work_due.send(Account)


def _create(now: datetime, account: Account) -> dict[str, Any]:
    if account.create_request_id:
        throttle.take("organizations:Describe")
        return _created(now, account, organization.creation(account.create_request_id))
    throttle.take("organizations:Describe")
    organization.sandbox_unit()  # Without an organization to be in, there is nothing to ask for.
    if account.email is None:
        raise Conflict("NoEmail", f"{account} has no e-mail address to create it under.")
    known = organization.find_account(account.email)
    if known:
        return _adopt(now, known)
    begun = organization.find_creation(account.name)
    if begun is None:
        throttle.take("organizations:CreateAccount")
        begun = organization.start_creation(email=account.email, name=account.name)
    return {"create_request_id": begun.request_id, "due_at": now, "reason": ""}


def _created(now: datetime, account: Account, creation: organization.Creation) -> dict[str, Any]:
    if creation.state == "IN_PROGRESS":
        return {"due_at": now + pace.poll()}
    if creation.state == "SUCCEEDED" and creation.account_id:
        return _adopt(now, creation.account_id)
    if creation.failure == "EMAIL_ALREADY_EXISTS":
        # It may be ourselves who have it: the SDK asks again by itself when the first answer is lost.
        throttle.take("organizations:Describe")
        ours = organization.find_creation(account.name)
        if ours is not None:
            return {"create_request_id": ours.request_id, "due_at": now}
        # Whoever has that address, it is not our request: begin again under another one.
        return {**_identity(), "create_request_id": "", "due_at": now, "reason": "its e-mail address was taken"}
    return {"state": AccountState.RETIRED, "due_at": None, "reason": f"AWS did not create it: {creation.failure}"}


def _adopt(now: datetime, account_id: str) -> dict[str, Any]:
    return {
        "account_id": account_id,
        "state": AccountState.BOOTSTRAPPING,
        "step": "move",
        "due_at": now,
        "reason": "",
    }


def _move(now: datetime, account: Account) -> dict[str, Any]:
    account_id = _id(account)
    throttle.take("organizations:Describe")
    unit = organization.sandbox_unit()
    parent = organization.parent_of(account_id)
    if parent != unit:
        throttle.take("organizations:MoveAccount")
        organization.move(account_id, source=parent, destination=unit)
        return {"due_at": now}
    return {"step": "role", "due_at": now, "reason": ""}


def _role(now: datetime, account: Account) -> dict[str, Any]:
    throttle.take("sts:AssumeRole")
    session = bootstrap_session(_id(account))
    changed = roles.settle_platform_role(session, hub_account_id=organization.management_account_id())
    return {"due_at": now, "reason": changed} if changed else {"step": "baseline", "due_at": now, "reason": ""}


def _baseline(now: datetime, account: Account) -> dict[str, Any]:
    throttle.take("sts:AssumeRole")
    platform_session(_id(account))
    waiting = Lease.objects.filter(state=LeaseState.REQUESTED).values_list("blueprint__regions", flat=True)
    regions = sorted({region for regions in waiting for region in regions}) or FALLBACK_REGIONS
    return {
        **cleaning.baseline(account, regions),
        "state": AccountState.VERIFYING,
        "step": "confirm",
        "listing": {"at": now.isoformat()},
        "due_at": now + pace.verify_interval(),
    }


def _id(account: Account) -> str:
    if not account.account_id:
        raise Conflict("NoAccount", f"{account} has no account id.")
    return account.account_id


STEPS: dict[str, Callable[[datetime, Account], dict[str, Any]]] = {
    "create": _create,
    "move": _move,
    "role": _role,
    "baseline": _baseline,
}
