"""Which life of the simulator the pool was made in."""

from django.db import models


class SimulatorGeneration(models.Model):
    """The simulator forgets everything when it restarts; each generation that we saw is a row."""

    generation = models.CharField(max_length=40, unique=True)
    seen_at = models.DateTimeField()

    class Meta:
        get_latest_by = "seen_at"

    def __str__(self) -> str:
        return self.generation
