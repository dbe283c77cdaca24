"""States of accounts and leases (see the design's provisioning page)."""

from django.db.models import TextChoices


class AccountSource(TextChoices):
    """Where an account of the pool comes from."""

    MANAGED = "managed"
    PREPARED = "prepared"


class AccountState(TextChoices):
    """Where an AWS account stands in the pool."""

    REGISTERED = "registered"
    CREATING = "creating"
    BOOTSTRAPPING = "bootstrapping"
    CLEANING = "cleaning"
    VERIFYING = "verifying"
    COOLING = "cooling"
    AVAILABLE = "available"
    LEASED = "leased"
    QUARANTINED = "quarantined"
    RETIRED = "retired"


class LeaseState(TextChoices):
    """How far a sandbox is; reasons are kept apart."""

    REQUESTED = "requested"
    RESERVED = "reserved"
    PROVISIONING = "provisioning"
    READY = "ready"
    ACTIVE = "active"
    FROZEN = "frozen"
    ENDING = "ending"
    ENDED = "ended"
    FAILED = "failed"


LIVE_LEASE_STATES = [state for state in LeaseState if state not in (LeaseState.ENDED, LeaseState.FAILED)]
OPEN_LEASE_STATES = [LeaseState.READY, LeaseState.ACTIVE]


class ExtraStackState(TextChoices):
    """Where one of a lease's extra stacks stands."""

    LATER = "later"
    WANTED = "wanted"
    STANDING = "standing"
    LEAVING = "leaving"
    FAILED = "failed"


class CostLevel(TextChoices):
    """The highest threshold of a lease's budget that has been acted on."""

    WITHIN = "within"
    HALF = "half"
    NOTIFIED = "notified"
    FROZEN = "frozen"
    ENDED = "ended"
