"""The journal: who did what to what, append-only (PostgreSQL refuses UPDATE and DELETE)."""

from django.db import models


class AuditEntry(models.Model):
    """One act; people and things are named by opaque ids, so the journal outlives an erased person."""

    at = models.DateTimeField(db_index=True)
    actor = models.UUIDField(null=True, help_text="The person's id; null is the platform itself.")
    action = models.CharField(max_length=60)
    subject = models.CharField(max_length=120, db_index=True)
    scope = models.UUIDField(null=True, db_index=True, help_text="What the act belongs to, an event for example.")
    details = models.JSONField(default=dict)

    class Meta:
        ordering = ["-at", "-id"]
        verbose_name_plural = "audit entries"

    def __str__(self) -> str:
        return f"{self.action} {self.subject}"
