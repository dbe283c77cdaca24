"""From a row with a unique e-mail address to an AWS account: five at most in progress, nothing asked for twice."""

import secrets
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from provisioning import throttle
from provisioning.aws import organization
from provisioning.aws.errors import Conflict
from provisioning.domain import account_moves, claims, pace
from provisioning.enums import AccountState
from provisioning.models import Account

FIRST_STEP = "queue"
# AWS allows five creations at a time; each row in these steps holds one of the places.
IN_PROGRESS = ("create", "await")
MOST_IN_PROGRESS = 5
# What AWS gets over by itself; any other failure will meet the next account too.
PASSING = ("CONCURRENT_ACCOUNT_MODIFICATION", "INTERNAL_FAILURE")
PASSING_TRIES = 6
LOOK_AGAIN = timedelta(seconds=30)
_QUEUE_LOCK = 7_401_002


def identity() -> dict[str, str]:
    """Return a name and an e-mail address that nobody has used."""
    name = f"gameday-{secrets.token_hex(5)}"
    return {"name": name, "email": f"{name}@{settings.AWS_ACCOUNT_EMAIL_DOMAIN}"}


def obstacle() -> Account | None:
    """Return the account whose creation AWS refused for a reason that stops every other one, if there is one."""
    return Account.objects.filter(state=AccountState.QUARANTINED, account_id__isnull=True).first()


def refused(why: str) -> dict[str, Any]:
    """Return what to write to an account that AWS will not make; the first such one stops all creation."""
    known = obstacle()
    if known is not None:
        reason = f"AWS did not create it: {why}; {known} waits for a person with the same trouble"
        return {"state": AccountState.RETIRED, "step": "", "due_at": None, "reason": reason}
    reason = (
        f"AWS does not create accounts: {why}. No further one is asked for. Remove the cause at AWS (an account limit "
        "is raised through its support), then retry this account, or retire it."
    )
    return {"state": AccountState.QUARANTINED, "step": "", "due_at": None, "reason": reason}


def queue(now: datetime, account: Account) -> dict[str, Any]:
    """Wait for one of the places that AWS has for creations; taken in the database before AWS is asked."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_QUEUE_LOCK])
        stopped = obstacle()
        if stopped is not None:
            return {"due_at": now + LOOK_AGAIN, "reason": f"waiting: {stopped.reason}"}
        taken = Account.objects.filter(state=AccountState.CREATING, step__in=IN_PROGRESS).count()
        if taken >= MOST_IN_PROGRESS:
            reason = f"waiting: {taken} other accounts are being created, as many as AWS does at a time"
            return {"due_at": now + 5 * pace.poll(), "reason": reason}
        # Written here, under the lock, so that the next one counts it.
        account_moves.by_worker(now=now, account=account, step="create", reason="")
    return {"due_at": now}


def create(now: datetime, account: Account) -> dict[str, Any]:
    """Look whether AWS has made it or is making it; only else ask."""
    if account.create_request_id:
        return {"step": "await", "due_at": now}
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
    return {"step": "await", "create_request_id": begun.request_id, "due_at": now, "reason": ""}


def wait(now: datetime, account: Account) -> dict[str, Any]:
    """Ask how far the creation is."""
    throttle.take("organizations:Describe")
    return decided(now, account, organization.creation(account.create_request_id))


def decided(now: datetime, account: Account, creation: organization.Creation) -> dict[str, Any]:
    """Return what AWS's word on a creation means for the account."""
    if creation.state == "IN_PROGRESS":
        return {"due_at": now + pace.poll()}
    if creation.state == "SUCCEEDED" and creation.account_id:
        return _adopt(now, creation.account_id)
    again = {"step": "create", "create_request_id": ""}
    if creation.failure == "EMAIL_ALREADY_EXISTS":
        # It may be ourselves who have it: the SDK asks again by itself when the first answer is lost.
        throttle.take("organizations:Describe")
        ours = organization.find_creation(account.name)
        if ours is not None:
            return {"create_request_id": ours.request_id, "due_at": now}
        # Whoever has that address, it is not our request: begin again under another one.
        return {**identity(), **again, "due_at": now, "reason": "its e-mail address was taken"}
    attempts = account.attempts + 1
    if creation.failure in PASSING and attempts < PASSING_TRIES:
        reason = f"AWS did not create it: {creation.failure}"
        return {**again, "attempts": attempts, "due_at": now + claims.backoff(attempts), "reason": reason}
    return refused(creation.failure or creation.state)


def _adopt(now: datetime, account_id: str) -> dict[str, Any]:
    return {"account_id": account_id, "state": AccountState.BOOTSTRAPPING, "step": "move", "due_at": now, "reason": ""}
