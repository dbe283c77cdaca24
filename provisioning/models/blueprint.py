"""What is put into a sandbox: immutable, named by its content."""

from django.db import models


class Blueprint(models.Model):
    """A starter stack with its seed, its readiness probes and its allowance of services and regions."""

    content_hash = models.CharField(max_length=64, unique=True)
    template = models.TextField(help_text="CloudFormation.")
    parameters = models.JSONField(default=dict)
    extra_stacks = models.JSONField(
        default=list, help_text="Beside the starter stack: name, template, parameters, and whether made `later`."
    )
    seed = models.JSONField(default=list, help_text="Ordered AwsCalls: service, operation, parameters.")
    readiness = models.JSONField(default=list, help_text="AwsCalls with a JMESPath `expect` and a `label`.")
    services = models.JSONField(help_text="IAM prefixes that participants may use.")
    regions = models.JSONField(help_text="The first is the home region of the stack.")
    instance_types = models.JSONField(default=list, help_text="What participants may start; empty: none.")
    budget_usd = models.DecimalField(max_digits=10, decimal_places=2, null=True, help_text="Per sandbox.")
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.content_hash[:12]
