"""What stands in a sandbox, as checks ask for it; made to run in threads, so nothing here asks the database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from provisioning.aws import addresses, prices, sweeper
from provisioning.aws.addresses import Addresses
from provisioning.aws.errors import Conflict
from provisioning.aws.sessions import platform_session
from provisioning.domain.invocations import account_of
from provisioning.models import Lease


@dataclass(frozen=True)
class Standing:
    """One thing in a sandbox, and what it costs per hour by the price table."""

    type: str
    arn: str
    usd_per_hour: Decimal


def known_types() -> frozenset[str]:
    """Return the types that can be listed where we are."""
    return frozenset(kind.name for kind in sweeper.known_types())


def standing(lease: Lease, types: Sequence[str], tags: Mapping[str, str], region: str) -> list[Standing]:
    """List what stands of these types with all of these tags (an empty value: any); protected things are left out.

    `lease` must come with its account loaded. Raises an AwsError; Conflict for a type that cannot be listed here.
    """
    unknown = set(types) - known_types()
    if unknown:
        raise Conflict("UnknownType", f"These types cannot be listed here: {', '.join(sorted(unknown))}.")
    session = platform_session(account_of(lease, "inventory"))
    found = sweeper.inventory(session, [region], types)
    if tags:
        tagged = set(
            session.items(
                "resourcegroupstaggingapi",
                "get_resources",
                "ResourceTagMappingList[].ResourceARN",
                region=region,
                TagFilters=[{"Key": name, "Values": [value] if value else []} for name, value in tags.items()],
            )
        )
        found = [each for each in found if each.arn in tagged]
    return [Standing(each.type, each.arn, prices.rate(each).usd_per_hour) for each in found]


def addresses_like(lease: Lease, host: str) -> Addresses:
    """List the lease's public addresses of the kind that `host` is; `lease` must come with account and blueprint."""
    session = platform_session(account_of(lease, "addresses"))
    return addresses.addresses_like(session, host, lease.blueprint.regions)
