"""The short form of EC2's declarations: listings of plain ids, most of them deleted by one parameter."""

from collections.abc import Callable, Mapping
from typing import Any

from provisioning.aws.sweeper.declaring import HANDLE, Deletion, Listing
from provisioning.aws.sweeper.resource import Place, ResourceType


def ec2(
    name: str,
    listing: str,
    path: str,
    handle: str,
    delete: str | Callable[[Place, str], None],
    *,
    after: tuple[str, ...] = (),
    parameters: Mapping[str, Any] | None = None,
    deletes_many: bool = False,
    created: str = "",
    details: Mapping[str, str] | None = None,
    protect: Mapping[str, str] | None = None,
    tombstone: str = "",
    price: str = "",
    is_simulated: bool = True,
) -> ResourceType:
    """Declare an EC2 type.

    `handle` is the id as listings call it; `delete` is a function, or an operation that takes the id under that very
    name, or with `deletes_many` a list of ids under that name with an s. Names in `after` are EC2's own unless they
    name another service.
    """
    if isinstance(delete, str):
        delete = Deletion("ec2", delete, **({f"{handle}s": [HANDLE]} if deletes_many else {handle: HANDLE}))
    return ResourceType(
        f"ec2:{name}",
        Listing(
            "ec2",
            listing,
            path,
            handle=handle,
            arn=f"arn:aws:ec2:{{region}}:{{account}}:{name}/{{handle}}",
            created=created,
            details=details or {},
            protect=protect or {},
            tombstone=tombstone,
            parameters=parameters or {},
        ),
        delete,
        after=tuple(each if ":" in each else f"ec2:{each}" for each in after),
        price=price,
        is_simulated=is_simulated,
    )
