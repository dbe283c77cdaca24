"""The names behind the opaque ids of facts."""

import uuid
from collections.abc import Iterable

from accounts.models import User


def names(people: Iterable[uuid.UUID | None]) -> dict[uuid.UUID, str]:
    """Return the display name of each person that still exists."""
    return dict(User.objects.filter(pk__in={each for each in people if each}).values_list("pk", "name"))
