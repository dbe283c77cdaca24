"""EC2 machines, what starts them, and their disks and images."""

from provisioning.aws.errors import Conflict
from provisioning.aws.sweeper.declaring import HANDLE, Deletion, Listing
from provisioning.aws.sweeper.ec2 import ec2
from provisioning.aws.sweeper.resource import Found, Place, ResourceType


def _terminate(place: Place, instance: str) -> None:
    for attribute in ("DisableApiTermination", "DisableApiStop"):
        try:
            place.call("ec2", "modify_instance_attribute", InstanceId=instance, **{attribute: {"Value": False}})
        except Conflict:
            continue  # Not every instance has every protection.
    place.call("ec2", "terminate_instances", InstanceIds=[instance])


def _images(place: Place) -> list[Found]:
    return [
        Found(each["ImageId"], place.arn("ec2", f"image/{each['ImageId']}"))
        for each in place.items("ec2", "describe_images", "Images[]", Owners=["self"], Filters=_mine(place))
    ]


def _snapshots(place: Place) -> list[Found]:
    return [
        Found(
            each["SnapshotId"],
            place.arn("ec2", f"snapshot/{each['SnapshotId']}"),
            created_at=each.get("StartTime"),
            details={"size_gib": str(each.get("VolumeSize", ""))},
        )
        for each in place.items("ec2", "describe_snapshots", "Snapshots[]", OwnerIds=["self"], Filters=_mine(place))
    ]


def _mine(place: Place) -> list[dict[str, object]]:
    # Said twice, because the simulator lists its public snapshots as everybody's own.
    return [{"Name": "owner-id", "Values": [place.session.account_id]}]


TYPES = (
    ResourceType(
        "autoscaling:group",
        Listing("autoscaling", "describe_auto_scaling_groups", "AutoScalingGroups[]", handle="AutoScalingGroupName",
                arn="AutoScalingGroupARN", created="CreatedTime"),
        Deletion("autoscaling", "delete_auto_scaling_group", AutoScalingGroupName=HANDLE, ForceDelete=True),
        after=("batch:compute-environment", "eks:nodegroup"),
    ),
    ResourceType(
        "autoscaling:launch-configuration",
        Listing("autoscaling", "describe_launch_configurations", "LaunchConfigurations[]",
                handle="LaunchConfigurationName", arn="LaunchConfigurationARN", created="CreatedTime"),
        Deletion("autoscaling", "delete_launch_configuration", LaunchConfigurationName=HANDLE),
        after=("autoscaling:group",),
    ),
    ec2(
        "spot-fleet-request", "describe_spot_fleet_requests", "SpotFleetRequestConfigs[]", "SpotFleetRequestId",
        Deletion("ec2", "cancel_spot_fleet_requests", SpotFleetRequestIds=[HANDLE], TerminateInstances=True),
        created="CreateTime", tombstone="starts_with(SpotFleetRequestState, 'cancelled')",
    ),
    ec2(
        "spot-instances-request", "describe_spot_instance_requests", "SpotInstanceRequests[]", "SpotInstanceRequestId",
        "cancel_spot_instance_requests", deletes_many=True, created="CreateTime",
        tombstone="contains(['cancelled', 'closed', 'failed'], State)",
    ),
    ec2(
        "fleet", "describe_fleets", "Fleets[]", "FleetId",
        Deletion("ec2", "delete_fleets", FleetIds=[HANDLE], TerminateInstances=True), created="CreateTime",
        tombstone="starts_with(FleetState, 'deleted')",
    ),
    ec2(
        "instance", "describe_instances", "Reservations[].Instances[]", "InstanceId", _terminate,
        after=("autoscaling:group", "spot-fleet-request", "fleet", "spot-instances-request", "eks:nodegroup"),
        created="LaunchTime", tombstone="State.Name == 'terminated'",
        details={
            "instance_type": "InstanceType", "state": "State.Name", "platform": "PlatformDetails",
            "tenancy": "Placement.Tenancy", "lifecycle": "InstanceLifecycle",
        },
        price="ec2:instance",
    ),
    ec2(
        "launch-template", "describe_launch_templates", "LaunchTemplates[]", "LaunchTemplateId",
        "delete_launch_template", after=("autoscaling:group", "fleet"), created="CreateTime",
    ),
    ResourceType("ec2:image", _images, Deletion("ec2", "deregister_image", ImageId=HANDLE)),
    ResourceType(
        "ec2:snapshot", _snapshots, Deletion("ec2", "delete_snapshot", SnapshotId=HANDLE), after=("ec2:image",),
        price="ec2:snapshot",
    ),
    ec2(
        "volume", "describe_volumes", "Volumes[]", "VolumeId", "delete_volume", after=("instance",),
        created="CreateTime",
        details={"size_gib": "Size", "volume_type": "VolumeType", "iops": "Iops", "throughput": "Throughput"},
        price="ec2:volume",
    ),
    ResourceType(
        "ec2:key-pair",
        Listing("ec2", "describe_key_pairs", "KeyPairs[]", handle="KeyName", created="CreateTime",
                arn="arn:aws:ec2:{region}:{account}:key-pair/{handle}"),
        Deletion("ec2", "delete_key_pair", KeyName=HANDLE),
    ),
    ec2(
        "placement-group", "describe_placement_groups", "PlacementGroups[]", "GroupName", "delete_placement_group",
        after=("instance",), tombstone="State == 'deleted'", is_simulated=False,
    ),
    ec2(
        "capacity-reservation", "describe_capacity_reservations", "CapacityReservations[]", "CapacityReservationId",
        "cancel_capacity_reservation", created="CreateDate",
        tombstone="contains(['cancelled', 'expired', 'failed'], State)",
        details={"instance_type": "InstanceType", "instances": "TotalInstanceCount"},
        price="ec2:capacity-reservation", is_simulated=False,
    ),
    ec2(
        "dedicated-host", "describe_hosts", "Hosts[]", "HostId", "release_hosts", deletes_many=True,
        after=("instance",), created="AllocationTime", tombstone="starts_with(State, 'released')",
        details={"instance_type": "HostProperties.InstanceType", "instance_family": "HostProperties.InstanceFamily"},
        price="ec2:dedicated-host",
    ),
)  # fmt: skip
