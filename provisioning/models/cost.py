"""What a sandbox is estimated to have cost."""

from django.db import models

from provisioning.models.lease import Lease


class CostEstimate(models.Model):
    """One estimate of a lease's cost, append-only; the last one is made before anything is deleted."""

    lease = models.ForeignKey(Lease, on_delete=models.PROTECT, related_name="cost_estimates")
    account_id = models.CharField(max_length=12)
    at = models.DateTimeField()
    total_usd = models.DecimalField(max_digits=12, decimal_places=4)
    lines = models.JSONField(help_text="Per resource: type, arn, hours, unit price, usd.")
    omitted = models.JSONField(help_text="What is not in it, in words.")
    prices_as_of = models.DateField(help_text="The date of the price table.")
    is_final = models.BooleanField(default=False, help_text="Taken when the sandbox ended, before deletion.")

    class Meta:
        ordering = ["-at", "-id"]
        get_latest_by = "at"

    def __str__(self) -> str:
        return f"{self.total_usd} USD (estimate) for {self.lease_id}"
