"""What provisioning tells the rest of the house; sent inside the transaction, received with `on_commit`."""

from django.dispatch import Signal

# A row became due before the next tick: kwargs none.
work_due = Signal()
# A lease moved, or has cost more by a cent: kwargs `lease` (provisioning.models.Lease).
lease_moved = Signal()
# Something needs a person: kwargs now, key (one trouble is told once), subject, title, text.
person_needed = Signal()
