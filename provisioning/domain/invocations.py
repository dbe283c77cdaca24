"""Calls in a sandbox on behalf of a person (the workbench) or of the platform (probes)."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from accounts.domain import audit
from provisioning.aws import calls
from provisioning.aws.errors import AwsError, Conflict, Denied
from provisioning.aws.sessions import platform_session
from provisioning.domain import access
from provisioning.models import Lease


def invoke_as_participant(
    *,
    now: datetime,
    lease: Lease,
    person: uuid.UUID,
    service: str,
    operation: str,
    parameters: Mapping[str, Any],
    region: str | None = None,
) -> dict[str, Any]:
    """Make a call as a person, bounded by the participant role, and journal it without its parameters.

    Raises AccessNotYet, AccessEnded or AccessUnavailable before AWS is asked, one of the four AwsErrors after; a call
    that AWS's own model does not accept is a Conflict and is not sent.
    """
    session = access.session_for_person(now=now, lease=lease, person=person)
    problems = calls.validate_call(service, operation, parameters)
    if problems:
        raise Conflict("InvalidCall", " ".join(problems), operation=operation)
    place = region or lease.blueprint.regions[0]
    result = "ok"
    try:
        return calls.invoke(session, service, operation, parameters, region=place)
    except AwsError as error:
        result = error.code
        raise
    finally:
        audit.record(
            now=now,
            action="workbench.call",
            subject=f"lease:{lease.pk}",
            actor=person,
            scope=lease.scope,
            service=service,
            operation=operation,
            region=place,
            result=result,
        )


def invoke_as_platform(
    lease: Lease, service: str, operation: str, parameters: Mapping[str, Any], region: str | None = None
) -> dict[str, Any]:
    """Read something in a lease's account, all its pages; made for probes, which run it in threads, without database.

    `lease` must come with its account and blueprint loaded. Raises Denied for an operation that does not only read.
    """
    if not calls.is_read_only(operation):
        raise Denied("NotReadOnly", "The platform only reads in a team's sandbox.", operation=operation)
    session = platform_session(account_of(lease, operation))
    return calls.invoke_all_pages(session, service, operation, parameters, region=region or lease.blueprint.regions[0])


def account_of(lease: Lease, operation: str) -> str:
    """Return the id of the lease's account, or raise Conflict."""
    if lease.account is None or not lease.account.account_id:
        raise Conflict("NoAccount", "The lease has no account.", operation=operation)
    return lease.account.account_id
