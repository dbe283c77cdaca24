"""What provisioning tells the rest of the house; sent inside the transaction, received with `on_commit`."""

from django.dispatch import Signal

# A row became due before the next tick: kwargs none.
work_due = Signal()
# A lease moved, or has cost more by a cent: kwargs `lease` (provisioning.models.Lease).
lease_moved = Signal()
# Something needs a person: kwargs now, key (one trouble is told once), subject, title, text.
person_needed = Signal()
# A command asks what a pack or an event needs: kwargs `pack` and `event` as somebody typed them, empty when not given.
# Whoever knows them answers with provisioning.needs.Needs or raises UnknownNeeds.
needs_wanted = Signal()
