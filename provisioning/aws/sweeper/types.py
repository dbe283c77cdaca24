"""Every type that the sweeper knows."""

from provisioning.aws.sweeper import data, identity, network, observing, stacks
from provisioning.aws.sweeper.resource import ResourceType

# Everything waits for the stacks, so that CloudFormation deletes its own first and does not stumble over gaps.
_STACKS = tuple(kind.name for kind in stacks.TYPES)
_OTHERS: tuple[ResourceType, ...] = (*network.TYPES, *data.TYPES, *observing.TYPES, *identity.TYPES)

ALL: tuple[ResourceType, ...] = (
    *stacks.TYPES,
    *(ResourceType(kind.name, kind.find, kind.delete, (*_STACKS, *kind.after), kind.is_global) for kind in _OTHERS),
)
BY_NAME = {kind.name: kind for kind in ALL}
STACKS = _STACKS
