"""Writing the journal."""

import uuid
from datetime import datetime
from typing import Any

from accounts.models import AuditEntry


def record(
    *,
    now: datetime,
    action: str,
    subject: str,
    actor: uuid.UUID | None = None,
    scope: uuid.UUID | None = None,
    **details: Any,
) -> AuditEntry:
    """Append one act to the journal; `actor` None means the platform acted by itself."""
    return AuditEntry.objects.create(at=now, actor=actor, action=action, subject=subject, scope=scope, details=details)
