"""A service that a team runs by itself on the platform's machine, where AWS is simulated."""

from django.db import models

from quests.models.enrollment import Enrollment


class OwnService(models.Model):
    """A port of this machine that a team has handed in first; no other team has it until the event is over.

    The port alone: what listens on every address of a machine answers on each of them.
    """

    enrollment = models.ForeignKey(Enrollment, on_delete=models.CASCADE, related_name="+")
    port = models.PositiveIntegerField()
    registered_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["port"], name="own_service_port_once")]

    def __str__(self) -> str:
        return f"port {self.port} of {self.enrollment}"
