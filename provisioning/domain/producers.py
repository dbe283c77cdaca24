"""Bringing to rest, before a sweep, what makes other things: rules, schedules, groups, services, executions."""

from dataclasses import dataclass

from provisioning.aws import compute
from provisioning.aws.errors import AwsError, Transient
from provisioning.aws.sessions import platform_session
from provisioning.models import Account

BATCH = 40


@dataclass(frozen=True)
class Rest:
    """Whether nothing more can be brought to rest, and what refused, in words."""

    is_done: bool
    note: str = ""


def rest(account: Account) -> Rest:
    """Stop the next producers that are at work in an account.

    What refuses does not hold the sweep up: it is noted, and the sweep names it if it cannot delete it either.
    """
    session = platform_session(str(account.account_id))
    at_work = compute.running(session, account.baseline_regions, kinds=compute.PRODUCERS, keep=account.baseline)
    refused = {}
    batch = at_work[:BATCH]
    for thing in batch:
        try:
            compute.stop(session, thing)
        except Transient:
            raise
        except AwsError as error:
            refused[thing.arn] = str(error)
    note = "; ".join(f"{arn}: {why}" for arn, why in sorted(refused.items())[:3])
    return Rest(is_done=len(refused) == len(batch), note=note)
