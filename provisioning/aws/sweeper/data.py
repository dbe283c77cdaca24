"""Queues, topics, tables, buckets and functions."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from provisioning.aws.errors import Missing
from provisioning.aws.hub import HOME_REGION
from provisioning.aws.sweeper.resource import Place, ResourceType

OBJECT_PAGES = 20  # A bucket with more is emptied over several passes.


def _queues(place: Place) -> Iterator[tuple[str, str]]:
    for url in place.items("sqs", "list_queues", "QueueUrls[]"):
        yield url, place.arn("sqs", url.rpartition("/")[2])


def _delete_queue(place: Place, url: str) -> None:
    place.call("sqs", "delete_queue", QueueUrl=url)


def _topics(place: Place) -> Iterator[tuple[str, str]]:
    for arn in place.items("sns", "list_topics", "Topics[].TopicArn"):
        yield arn, arn


def _delete_topic(place: Place, arn: str) -> None:
    for subscription in place.items(
        "sns", "list_subscriptions_by_topic", "Subscriptions[].SubscriptionArn", TopicArn=arn
    ):
        if subscription.startswith("arn:"):
            place.call("sns", "unsubscribe", SubscriptionArn=subscription)
    place.call("sns", "delete_topic", TopicArn=arn)


def _tables(place: Place) -> Iterator[tuple[str, str]]:
    for name in place.items("dynamodb", "list_tables", "TableNames[]"):
        yield name, place.arn("dynamodb", f"table/{name}")


def _delete_table(place: Place, name: str) -> None:
    table = place.call("dynamodb", "describe_table", TableName=name)["Table"]
    if table["TableStatus"] == "DELETING":
        return
    if table.get("DeletionProtectionEnabled"):
        place.call("dynamodb", "update_table", TableName=name, DeletionProtectionEnabled=False)
    place.call("dynamodb", "delete_table", TableName=name)


def _backups(place: Place) -> Iterator[tuple[str, str]]:
    for backup in place.items("dynamodb", "list_backups", "BackupSummaries[?BackupStatus!='DELETED']"):
        yield backup["BackupArn"], backup["BackupArn"]


def _delete_backup(place: Place, arn: str) -> None:
    place.call("dynamodb", "delete_backup", BackupArn=arn)


def _buckets(place: Place) -> Iterator[tuple[str, str]]:
    for name in place.items("s3", "list_buckets", "Buckets[].Name"):
        yield name, f"arn:aws:s3:::{name}"


def _delete_bucket(place: Place, name: str) -> None:
    where = place.call("s3", "get_bucket_location", Bucket=name).get("LocationConstraint") or HOME_REGION
    home = Place(place.session, where)
    with suppress(Missing):
        home.call("s3", "delete_bucket_policy", Bucket=name)  # A policy may deny what follows.
    for upload in home.items("s3", "list_multipart_uploads", "Uploads[]", Bucket=name):
        home.call("s3", "abort_multipart_upload", Bucket=name, Key=upload["Key"], UploadId=upload["UploadId"])
    for _ in range(OBJECT_PAGES):
        page = home.call("s3", "list_object_versions", Bucket=name, MaxKeys=1000)
        versions: list[dict[str, Any]] = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
        if not versions:
            break
        doomed = [{"Key": each["Key"], "VersionId": each["VersionId"]} for each in versions]
        home.call("s3", "delete_objects", Bucket=name, Delete={"Objects": doomed, "Quiet": True})
    home.call("s3", "delete_bucket", Bucket=name)


def _functions(place: Place) -> Iterator[tuple[str, str]]:
    for function in place.items("lambda", "list_functions", "Functions[]"):
        yield function["FunctionName"], function["FunctionArn"]


def _delete_function(place: Place, name: str) -> None:
    for mapping in place.items("lambda", "list_event_source_mappings", "EventSourceMappings[].UUID", FunctionName=name):
        place.call("lambda", "delete_event_source_mapping", UUID=mapping)
    place.call("lambda", "delete_function", FunctionName=name)


TYPES = (
    ResourceType("lambda:function", _functions, _delete_function),
    ResourceType("sqs:queue", _queues, _delete_queue, after=("lambda:function",)),
    ResourceType("sns:topic", _topics, _delete_topic),
    ResourceType("dynamodb:table", _tables, _delete_table, after=("lambda:function",)),
    ResourceType("dynamodb:backup", _backups, _delete_backup),
    ResourceType("s3:bucket", _buckets, _delete_bucket, is_global=True),
)
