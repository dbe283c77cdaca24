"""A company's account is looked through, read-only, before anybody may say that it can be emptied; then once more.

One region is listed per step, so that an account with every region of AWS takes many small steps and no long one.
"""

from datetime import datetime
from typing import Any

from django.conf import settings

from provisioning import throttle
from provisioning.aws import defaults, ownership, sweeper
from provisioning.aws.sessions import Session, platform_session
from provisioning.domain import cleaning, guards
from provisioning.domain.steps import bootstrapping
from provisioning.enums import AccountState
from provisioning.models import Account, Blueprint

FIRST_STEP, CONFIRM, COMPARE = "inventory", "confirm", "compare"
_GLOBAL = {kind.name for kind in sweeper.ALL if kind.is_global}
_SAID = 3


def inventory(now: datetime, account: Account) -> dict[str, Any]:
    """Prove whose account it is, then list what stands in it, region by region, and wait for a person."""
    throttle.take("organizations:Describe")
    guards.require_candidate(bootstrapping.id_of(account))
    session = platform_session(bootstrapping.id_of(account))
    known = account.inventory or {}
    if "regions" not in known:
        known = {**_beginning(_regions(session)), **known}
    known = _looked(session, known)
    if known["left"]:
        return {"inventory": known, "due_at": now}
    known = {**known, "owner": ownership.declared_by(session), "at": now.isoformat()}
    return {"inventory": known, "step": CONFIRM, "due_at": None, "reason": known["note"]}


def compare(now: datetime, account: Account) -> dict[str, Any]:
    """Look once more: what the person was not shown is not deleted, so anything new sends the account back."""
    throttle.take("organizations:Describe")
    guards.require_sandbox(account)
    session = platform_session(bootstrapping.id_of(account))
    shown = account.inventory or {}
    again = _looked(session, shown.get("again") or _beginning(shown["regions"]))
    if again["left"]:
        return {"inventory": {**shown, "again": again}, "due_at": now}
    known = {each["arn"] for each in shown["resources"]}
    new = [each["arn"] for each in again["resources"] if each["arn"] not in known]
    if not ownership.declared_by(session):
        return _sent_back(now, "it is no longer declared a sandbox")
    if new:
        more = ", …" if len(new) > _SAID else ""
        return _sent_back(now, f"{len(new)} resources are new since it was shown: {', '.join(new[:_SAID])}{more}")
    return {"inventory": {**shown, "again": None, "compared": True}, **cleaning.beginning(now)}


def is_compared(account: Account) -> bool:
    """Tell whether a confirmed account was looked at once more, so that it may be cleaned."""
    return bool((account.inventory or {}).get("compared"))


def _beginning(regions: list[str]) -> dict[str, Any]:
    return {"regions": regions, "left": regions, "resources": [], "theirs": [], "owner": None, "at": None, "note": ""}


def _regions(session: Session) -> list[str]:
    if settings.AWS_REGISTRATION_REGIONS:
        return sorted(set(settings.AWS_REGISTRATION_REGIONS))
    if settings.AWS_MODE == "aws":
        return defaults.enabled_regions(session)
    # The simulator claims 38 regions, in which nothing can be that no pack opens.
    loaded = Blueprint.objects.values_list("regions", flat=True)
    return sorted({region for regions in loaded for region in regions}) or bootstrapping.FALLBACK_REGIONS


def _looked(session: Session, known: dict[str, Any]) -> dict[str, Any]:
    region, *left = known["left"]
    is_first = region == known["regions"][0]
    found = sweeper.inventory(session, [region], [kind.name for kind in sweeper.ALL if is_first or not kind.is_global])
    resources = [
        *known["resources"],
        *({"type": each.type, "arn": each.arn, "region": each.region, "handle": each.handle} for each in found),
    ]
    theirs = sorted({*known["theirs"], *defaults.kept_by_default(session, region)})
    if not left:
        resources = [{**each, "default": _is_default(each, set(theirs))} for each in resources]
    return {**known, "left": left, "resources": resources, "theirs": theirs}


def _is_default(resource: dict[str, Any], theirs: set[str]) -> bool:
    # What has no region of its own may have come with a stack of any.
    regions = {name.partition("|")[0] for name in theirs} if resource["type"] in _GLOBAL else {resource["region"]}
    return resource["arn"] in theirs or any(f"{region}|{resource['handle']}" in theirs for region in regions)


def _sent_back(now: datetime, why: str) -> dict[str, Any]:
    note = f"sent back after it was confirmed: {why}. Nothing was deleted; read the new list and confirm again."
    return {
        "state": AccountState.REGISTERED,
        "step": FIRST_STEP,
        "confirmed_at": None,
        "inventory": {"note": note},
        "baseline": [],
        "due_at": now,
        "reason": note,
    }
