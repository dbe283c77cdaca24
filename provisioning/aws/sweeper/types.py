"""Every type that the sweeper knows."""

from dataclasses import replace

from provisioning.aws.sweeper import (
    building,
    compute,
    containers,
    databases,
    default_network,
    edge,
    identity,
    messaging,
    network,
    observing,
    secrets,
    serverless,
    stacks,
    storage,
)
from provisioning.aws.sweeper.resource import ResourceType

# Everything waits for the stacks, so that CloudFormation deletes its own first and does not stumble over gaps.
STACKS = tuple(kind.name for kind in stacks.TYPES)
_OTHERS: tuple[ResourceType, ...] = (
    *serverless.TYPES,
    *containers.TYPES,
    *compute.TYPES,
    *edge.TYPES,
    *messaging.TYPES,
    *databases.TYPES,
    *storage.TYPES,
    *building.TYPES,
    *default_network.TYPES,
    *network.TYPES,
    *identity.TYPES,
    *secrets.TYPES,
    *observing.TYPES,
)

ALL: tuple[ResourceType, ...] = (
    *stacks.TYPES,
    *(replace(kind, after=(*STACKS, *kind.after)) for kind in _OTHERS),
)
BY_NAME = {kind.name: kind for kind in ALL}
# The prefixes of the IAM actions that listing and deleting need.
SERVICES: tuple[str, ...] = tuple(sorted({kind.name.partition(":")[0] for kind in ALL}))
