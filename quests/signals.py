"""What the game tells the rest of the house; sent inside the transaction, received with `on_commit`."""

from django.dispatch import Signal

# A row became due before the next tick: no arguments.
work_due = Signal()
# Something that open pages show has changed: kwargs `topics`, a list of strings such as "team:UUID".
changed = Signal()
