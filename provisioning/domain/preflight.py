"""Looking, by reading only, whether real AWS is ready for a pack or an event."""

from datetime import datetime, timedelta

from django.conf import settings

from provisioning.aws.preflight import content
from provisioning.aws.preflight.account import look_at_account
from provisioning.aws.preflight.finding import Finding, missing, ok
from provisioning.aws.preflight.organization import look_at_hub, look_at_organization
from provisioning.enums import AccountSource, AccountState
from provisioning.models import Account
from provisioning.needs import Needs

_ENTERED = (AccountState.AVAILABLE, AccountState.LEASED, AccountState.COOLING)
_LOST = (AccountState.QUARANTINED, AccountState.RETIRED)


def check(*, now: datetime, needs: Needs, mode: AccountSource, sample: int) -> list[Finding]:
    """Return a row for each thing looked at; `sample` is how many accounts of the pool are entered."""
    managed = mode == AccountSource.MANAGED
    allowance = needs.allowance(ends_at=needs.ends_at or now + timedelta(days=1))
    found = content.look_at_pack(allowance, needs.template, *needs.extra_templates)
    capacity, to_make = _capacity(needs, mode)
    found += [capacity, *look_at_hub(managed=managed)]
    if managed:
        found += look_at_organization(services=needs.services, regions=needs.regions, accounts=to_make)
    known = Account.objects.filter(source=mode, account_id__isnull=False, state__in=_ENTERED)
    for account_id in known.order_by("created_at").values_list("account_id", flat=True)[:sample]:
        found += look_at_account(
            str(account_id), services=needs.services, regions=needs.regions, instance_types=needs.instance_types
        )
    return found


def _capacity(needs: Needs, mode: AccountSource) -> tuple[Finding, int | None]:
    """Say whether there are accounts enough, and how many would have to be made (None when nobody said how many)."""
    kept = Account.objects.filter(source=mode).exclude(state__in=_LOST).count()
    if needs.sandboxes is None:
        return ok(
            "accounts", f"The pool has {kept} {mode} accounts. Name an event to compare them with its teams."
        ), None
    short = max(0, needs.sandboxes - kept)
    words = f"{needs.label} needs {needs.sandboxes} accounts, spares included, and the pool has {kept}"
    if not short:
        return ok("accounts", f"{words}, shared with whatever else is booked for that time."), 0
    if mode == AccountSource.PREPARED:
        return missing("accounts", f"{words}.", f"Register {short} more accounts."), 0
    if kept + short > settings.AWS_ACCOUNT_LIMIT:
        return missing(
            "accounts",
            f"{words}; AWS_ACCOUNT_LIMIT lets it have {settings.AWS_ACCOUNT_LIMIT}.",
            "Raise AWS_ACCOUNT_LIMIT, or plan fewer teams.",
        ), short
    return ok("accounts", f"{words}; {short} will be made, three at once and then one every ten seconds."), short
