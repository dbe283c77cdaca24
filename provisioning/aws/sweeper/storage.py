"""Buckets and file systems."""

from contextlib import suppress
from typing import Any

from provisioning.aws.errors import Conflict, Missing
from provisioning.aws.hub import HOME_REGION
from provisioning.aws.sweeper.declaring import CHILD, HANDLE, PARENT, Deletion, Listing
from provisioning.aws.sweeper.resource import Place, ResourceType

OBJECT_PAGES = 20  # A bucket with more is emptied over several passes.
_FILE_SYSTEMS = Listing(
    "efs", "describe_file_systems", "FileSystems[]", handle="FileSystemId", arn="FileSystemArn", created="CreationTime",
    details={"size_bytes": "SizeInBytes.Value", "throughput_mode": "ThroughputMode"},
)  # fmt: skip


def _delete_bucket(place: Place, name: str) -> None:
    where = place.call("s3", "get_bucket_location", Bucket=name).get("LocationConstraint") or HOME_REGION
    home = Place(place.session, "eu-west-1" if where == "EU" else where)
    with suppress(Missing):
        home.call("s3", "delete_bucket_policy", Bucket=name)  # A policy may deny what follows.
    for upload in home.items("s3", "list_multipart_uploads", "Uploads[]", Bucket=name):
        with suppress(Missing):
            home.call("s3", "abort_multipart_upload", Bucket=name, Key=upload["Key"], UploadId=upload["UploadId"])
    for _ in range(OBJECT_PAGES):
        page = home.call("s3", "list_object_versions", Bucket=name, MaxKeys=1000)
        versions: list[dict[str, Any]] = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
        if not versions:
            break
        doomed = [{"Key": each["Key"], "VersionId": each["VersionId"]} for each in versions]
        answer = home.call("s3", "delete_objects", Bucket=name, Delete={"Objects": doomed, "Quiet": True})
        _refuse_locked(name, answer.get("Errors", []), len(doomed))
    home.call("s3", "delete_bucket", Bucket=name)


def _refuse_locked(bucket: str, errors: list[dict[str, Any]], asked: int) -> None:
    """Stop when a whole page stays: object lock in compliance mode can be lifted by nobody before its time."""
    if len(errors) == asked:
        first = errors[0]
        said = f"{first.get('Key')}: {first.get('Code')}: {first.get('Message')}"
        raise Conflict("ObjectsRemain", f"No object of {bucket} could be deleted (locked?); the first: {said}")


TYPES = (
    ResourceType(
        "s3:bucket",
        Listing("s3", "list_buckets", "Buckets[]", handle="Name", created="CreationDate", arn="arn:aws:s3:::{handle}"),
        _delete_bucket,
        after=("cloudfront:distribution",),
        is_global=True,
    ),
    ResourceType(
        "elasticfilesystem:mount-target",
        Listing(
            "efs", "describe_mount_targets", "MountTargets[]", handle="MountTargetId", within=_FILE_SYSTEMS,
            parameters={"FileSystemId": PARENT},
            arn="arn:aws:elasticfilesystem:{region}:{account}:mount-target/{child}",
                ),
        Deletion("efs", "delete_mount_target", MountTargetId=CHILD),
        after=("ec2:instance", "ecs:service", "ecs:task", "lambda:function"),
    ),
    ResourceType(
        "elasticfilesystem:access-point",
        Listing("efs", "describe_access_points", "AccessPoints[]", handle="AccessPointId", arn="AccessPointArn"),
        Deletion("efs", "delete_access_point", AccessPointId=HANDLE),
    ),
    ResourceType(
        "elasticfilesystem:file-system",
        _FILE_SYSTEMS,
        Deletion("efs", "delete_file_system", FileSystemId=HANDLE),
        after=("elasticfilesystem:mount-target", "elasticfilesystem:access-point"),
        price="elasticfilesystem:file-system",
    ),
)  # fmt: skip
