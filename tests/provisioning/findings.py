"""What must hold when everything has come to rest; each check returns sentences about what does not."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise

from django.db.models import Max

from provisioning.aws import sweeper
from provisioning.aws.sessions import hub_session, platform_session
from provisioning.aws.stacks import ATTEMPT_TAG, LEASE_TAG
from provisioning.domain.queries.leases import simulator_generation
from provisioning.enums import AccountState, LeaseState
from provisioning.models import Account, CleanCertificate, Lease, LeaseMove

SETTLED = (AccountState.AVAILABLE, AccountState.QUARANTINED, AccountState.RETIRED)
_STEPS = {
    "": {LeaseState.REQUESTED},
    LeaseState.REQUESTED: {LeaseState.RESERVED, LeaseState.ENDED, LeaseState.FAILED},
    LeaseState.RESERVED: {LeaseState.PROVISIONING, LeaseState.ENDING, LeaseState.REQUESTED, LeaseState.FAILED},
    LeaseState.PROVISIONING: {LeaseState.READY, LeaseState.ENDING, LeaseState.REQUESTED, LeaseState.FAILED},
    LeaseState.READY: {LeaseState.ACTIVE, LeaseState.FROZEN, LeaseState.ENDING, LeaseState.REQUESTED},
    LeaseState.ACTIVE: {LeaseState.FROZEN, LeaseState.ENDING, LeaseState.REQUESTED},
    LeaseState.FROZEN: {LeaseState.READY, LeaseState.ACTIVE, LeaseState.ENDING, LeaseState.REQUESTED},
    LeaseState.ENDING: {LeaseState.ENDED},
    LeaseState.FAILED: {LeaseState.REQUESTED},
}


def leases_are_over() -> Iterator[str]:
    """Every lease ended, or failed, with a reason."""
    for lease in Lease.objects.all():
        if lease.state not in (LeaseState.ENDED, LeaseState.FAILED) or not lease.reason:
            yield f"{lease} is not over with a reason: step {lease.step!r}, {lease.reason!r}, {lease.error!r}"


def accounts_are_settled() -> Iterator[str]:
    """Every account is proven and really empty, or says why it is not to be used."""
    for account in Account.objects.all():
        if account.state not in SETTLED:
            yield f"{account} is {account.state}, step {account.step!r}: {account.reason}"
        elif account.state != AccountState.AVAILABLE and not account.reason:
            yield f"{account} is {account.state} without a reason"
        elif account.state == AccountState.AVAILABLE:
            yield from _is_clean(account)


def _is_clean(account: Account) -> Iterator[str]:
    if account.generation != (simulator_generation() or ""):
        yield f"{account} is available, but of an earlier life of the simulator"
        return
    standing = sweeper.inventory(platform_session(str(account.account_id)), account.baseline_regions)
    left = {each.arn for each in standing} - set(account.baseline)
    if left:
        yield f"{account} is available with {sorted(left)} in it"
    last = CleanCertificate.objects.filter(account=account).first()
    if last is None or not last.is_clean:
        yield f"{account} is available without a proof"


def nothing_leaked() -> Iterator[str]:
    """Every account of the organization is a row of the pool."""
    rows = {account.email: account.account_id for account in Account.objects.all()}
    for listed in _members():
        if listed["Email"] not in rows:
            yield f"account {listed['Id']} ({listed['Email']}) is in the organization and not in the pool"


def stacks_are_single() -> Iterator[str]:
    """No lease has two stacks anywhere, whatever state its accounts are in."""
    seen: dict[tuple[str, str], str] = {}
    for account in Account.objects.filter(account_id__in=[each["Id"] for each in _members()]).exclude(baseline=[]):
        session = platform_session(str(account.account_id))
        for stack in session.items("cloudformation", "describe_stacks", "Stacks[]"):
            tags = {tag["Key"]: tag["Value"] for tag in stack.get("Tags", [])}
            if LEASE_TAG in tags:
                key = tags[LEASE_TAG], tags[ATTEMPT_TAG]
                if key in seen:
                    yield f"attempt {key[1]} of lease {key[0]} has the stacks {seen[key]} and {stack['StackId']}"
                seen[key] = stack["StackId"]


def journal_holds() -> Iterator[str]:
    """Each lease's moves are one unbroken chain of allowed steps that ends where the lease is."""
    for lease in Lease.objects.all():
        moves = list(LeaseMove.objects.filter(lease=lease).order_by("id"))
        if not moves or moves[0].from_state or moves[-1].to_state != lease.state:
            yield f"the journal of {lease} does not lead from its request to where it is"
        for before, after in pairwise(moves):
            if after.from_state != before.to_state or after.at < before.at:
                yield f"the journal of {lease} is broken between {before} and {after}"
        for move in moves:
            if move.to_state != move.from_state and move.to_state not in _STEPS.get(move.from_state, set()):
                yield f"{lease} made a move that there is not: {move}"


def holds_are_apart() -> Iterator[str]:
    """No account was held by two leases at one time."""
    held: dict[str, list[tuple[datetime, datetime, Lease]]] = defaultdict(list)
    for lease in Lease.objects.all():
        for account_id, began, ended in _holds(lease):
            held[account_id].append((began, ended, lease))
    for account_id, holds in held.items():
        holds.sort(key=lambda hold: hold[0])
        for (_, ended, first), (began, _, second) in pairwise(holds):
            if began < ended:
                yield f"account {account_id} was held by {first} until {ended} and by {second} from {began}"


def _holds(lease: Lease) -> Iterator[tuple[str, datetime, datetime]]:
    holding: tuple[str, datetime] | None = None
    for move in LeaseMove.objects.filter(lease=lease).order_by("id"):
        if move.to_state == LeaseState.RESERVED and holding is None:
            holding = move.account_id, move.at
        elif holding and move.to_state in (LeaseState.REQUESTED, LeaseState.ENDED, LeaseState.FAILED):
            yield *holding, move.at
            holding = None


def _members() -> list[dict[str, str]]:
    hub = hub_session()
    listed: list[dict[str, str]] = hub.items("organizations", "list_accounts", "Accounts[]")
    return [each for each in listed if each["Id"] != hub.account_id]


def attempts() -> int:
    """Return how many accounts all leases together were tried in."""
    return sum(each["most"] for each in Lease.objects.values("pk").annotate(most=Max("attempt")))
