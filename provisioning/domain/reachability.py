"""Since when AWS, or the simulator, has not answered."""

from datetime import datetime

import structlog
from django.core.cache import cache

from provisioning.aws.errors import AwsError
from provisioning.aws.reachable import endpoint_reachable

log = structlog.get_logger(__name__)

_KEY = "provisioning:unreachable-since"


def unreachable_since(*, now: datetime) -> datetime | None:
    """Look once, and return since when looking has failed; None if AWS answers.

    The first failure is remembered in the cache; if that is lost, the count starts anew.
    """
    try:
        endpoint_reachable()
    except (AwsError, OSError) as error:
        log.warning("AWS cannot be reached", error=str(error))
        since = cache.get_or_set(_KEY, now.isoformat(), timeout=None)
        return datetime.fromisoformat(str(since))
    cache.delete(_KEY)
    return None
