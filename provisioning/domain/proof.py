"""What one look at an account says of it, held against its baseline: the measure of being clean."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from accounts.domain import audit
from provisioning.aws import sweeper
from provisioning.aws.errors import Conflict
from provisioning.aws.sessions import platform_session
from provisioning.aws.sweeper import Resource
from provisioning.models import Account, CleanCertificate

# Parts of the default network, which AWS makes anew; anything else of a baseline that is gone, nobody can.
_RESTORABLE = ("vpc", "subnet", "internet-gateway", "dhcp-options")


class NotRestorable(Exception):
    """Parts of an account's baseline are gone and cannot be made anew."""

    def __init__(self, missing: Collection[str], why: str = "") -> None:
        said = f"{len(missing)} things that the account had by itself are gone: {', '.join(sorted(missing))}"
        super().__init__(f"{said} ({why})" if why else said)
        self.missing = sorted(missing)


@dataclass(frozen=True)
class Look:
    """What stands in an account beyond its baseline, what its baseline lacks, and what AWS names although it is gone.

    `unknown` is of types that nobody looked for when the baseline was recorded: it may have been there before, so it is
    neither deleted nor taken for clean.
    """

    foreign: tuple[Resource, ...]
    unknown: tuple[Resource, ...] = ()
    missing: tuple[str, ...] = ()
    tombstones: tuple[str, ...] = ()

    @property
    def leftovers(self) -> list[str]:
        """Name everything that keeps the account from being clean."""
        return sorted({*(each.arn for each in (*self.foreign, *self.unknown)), *self.missing})


def look(account: Account, only: Collection[str] | None = None) -> Look:
    """List an account in the regions of its baseline; with `only` these types, which tells nothing of what is missing.

    Raises an AwsError when any listing fails: what could not be listed is unknown, never empty.
    """
    if not account.baseline_regions:
        raise Conflict("NoBaseline", f"{account} has no baseline, so nothing in it can be told apart.")
    found = sweeper.survey(platform_session(str(account.account_id)), account.baseline_regions, only)
    baseline = set(account.baseline)
    beyond = [each for each in found if each.arn not in baseline and not each.protected]
    standing = [each for each in beyond if not each.is_tombstone]
    types = set(account.baseline_types or [kind.name for kind in sweeper.known_types()])
    present = {each.arn for each in found if not each.is_tombstone}
    return Look(
        foreign=tuple(each for each in standing if each.type in types),
        unknown=tuple(each for each in standing if each.type not in types),
        missing=() if only is not None else tuple(sorted(baseline - present)),
        tombstones=tuple(each.arn for each in beyond if each.is_tombstone),
    )


def baseline(account: Account, regions: Collection[str]) -> dict[str, Any]:
    """List an unused account where, and for what, it is not known yet; return what to write, or nothing."""
    known = [kind.name for kind in sweeper.known_types()]
    new_regions = [region for region in regions if region not in account.baseline_regions]
    new_types = [name for name in known if name not in account.baseline_types] if account.baseline_types else []
    if account.baseline_regions and not new_regions and not new_types:
        return {}
    session = platform_session(str(account.account_id))
    standing = sweeper.inventory(session, new_regions) if new_regions else []
    if new_types and account.baseline_regions:
        standing += sweeper.inventory(session, account.baseline_regions, new_types)
    return {
        "baseline": sorted({*account.baseline, *(each.arn for each in standing)}),
        "baseline_regions": sorted({*account.baseline_regions, *new_regions}),
        "baseline_types": known,
    }


def restore(*, now: datetime, account: Account, missing: Collection[str]) -> tuple[list[str], str]:
    """Make the default network's missing parts anew in one region; return the new baseline and what was done, in words.

    The journal keeps the fact. Raises NotRestorable for what is no part of it, or if not as much came back as was gone.
    """
    if hopeless := [arn for arn in missing if _kind(arn) not in _RESTORABLE]:
        raise NotRestorable(hopeless)
    region = _region(min(missing, key=_region))
    gone = [arn for arn in missing if _region(arn) == region]
    kinds = Counter(_kind(arn) for arn in gone)
    try:
        restored = sweeper.restore(platform_session(str(account.account_id)), region, kinds)
    except Conflict as refusal:
        raise NotRestorable(gone, str(refusal)) from refusal
    made = Counter(_kind(arn) for arn in restored.arns)
    if short := [arn for arn in gone if made[_kind(arn)] < kinds[_kind(arn)]]:
        raise NotRestorable(short)
    now_known = sorted({*account.baseline, *restored.arns} - set(gone))
    audit.record(
        now=now,
        action="account.baseline-restored",
        subject=f"account:{account.account_id}",
        done=restored.done,
        gone=gone,
        new=sorted(set(restored.arns) - set(account.baseline)),
    )
    return now_known, restored.done or f"took the new default network of {region} for the old one"


def certificate(
    *, now: datetime, account: Account, rounds: int, leftovers: Collection[str], look: Look | None = None
) -> CleanCertificate:
    """Return, unsaved, what was checked and what came of it; `look` is the last complete one, if it was that."""
    first = (account.listing or {}).get("at")
    before = (account.listing or {}).get("tombstones", [])
    return CleanCertificate(
        account=account,
        at=now,
        is_clean=not leftovers,
        rounds=rounds,
        regions=account.baseline_regions,
        resource_types=[kind.name for kind in sweeper.known_types()],
        listings=[*([first] if first else []), now.isoformat()],
        tombstones=sorted({*before, *(look.tombstones if look else ())}),
        leftovers=sorted(leftovers),
    )


def _kind(arn: str) -> str:
    service, _, rest = arn.removeprefix("arn:aws:").partition(":")
    return rest.rpartition(":")[2].partition("/")[0] if service == "ec2" else ""


def _region(arn: str) -> str:
    return arn.split(":")[3]
