"""What a company's account holds without anybody having worked in it: AWS's default network, and StackSets' own."""

from collections.abc import Iterator

from provisioning.aws.sessions import Session
from provisioning.aws.sweeper.resource import Place

# Only StackSets name stacks like this; ours with the platform role is among them.
STACK_SET = "StackSet-"


def enabled_regions(session: Session) -> list[str]:
    """Return the regions that are enabled in an account."""
    return sorted(session.items("ec2", "describe_regions", "Regions[].RegionName", AllRegions=False))


def kept_by_default(session: Session, region: str) -> set[str]:
    """Return what AWS and StackSets put into a region: ARNs, and "region|handle" of what a stack names so."""
    place = Place(session, region)
    return {*_default_network(place), *_of_stack_sets(place)}


def _default_network(place: Place) -> Iterator[str]:
    vpcs = place.items("ec2", "describe_vpcs", "Vpcs[?IsDefault].VpcId")
    if not vpcs:
        return
    attached = [{"Name": "attachment.vpc-id", "Values": vpcs}]
    for name, ids in (
        ("vpc", vpcs),
        ("subnet", place.items("ec2", "describe_subnets", "Subnets[?DefaultForAz].SubnetId")),
        (
            "internet-gateway",
            place.items("ec2", "describe_internet_gateways", "InternetGateways[].InternetGatewayId", Filters=attached),
        ),
    ):
        for each in ids:
            yield place.arn("ec2", f"{name}/{each}")


def _of_stack_sets(place: Place) -> Iterator[str]:
    for stack in place.items("cloudformation", "describe_stacks", "Stacks[]"):
        if not stack["StackName"].startswith(STACK_SET) or stack["StackStatus"] == "DELETE_COMPLETE":
            continue
        yield stack["StackId"]
        path = "StackResourceSummaries[].PhysicalResourceId"
        for physical in place.items("cloudformation", "list_stack_resources", path, StackName=stack["StackId"]):
            yield physical
            yield f"{place.region}|{physical}"
