"""Queues, topics and streams."""

from provisioning.aws.sweeper.declaring import HANDLE, Deletion, Listing, Lookup
from provisioning.aws.sweeper.resource import Found, Place, ResourceType


def _queues(place: Place) -> list[Found]:
    urls = place.items("sqs", "list_queues", "QueueUrls[]", MaxResults=1000)  # Without a maximum there is one page.
    return [Found(url, place.arn("sqs", url.rpartition("/")[2])) for url in urls]


def _delete_topic(place: Place, arn: str) -> None:
    for subscription in place.items(
        "sns", "list_subscriptions_by_topic", "Subscriptions[].SubscriptionArn", TopicArn=arn
    ):
        if subscription.startswith("arn:"):  # Others are pending, deleted, or not confirmed.
            place.call("sns", "unsubscribe", SubscriptionArn=subscription)
    place.call("sns", "delete_topic", TopicArn=arn)


TYPES = (
    ResourceType(
        "sqs:queue", _queues, Deletion("sqs", "delete_queue", QueueUrl=HANDLE),
        after=("lambda:function", "pipes:pipe"),
    ),
    ResourceType("sns:topic", Listing("sns", "list_topics", "Topics[].TopicArn"), _delete_topic),
    ResourceType(
        "kinesis:stream",
        Listing(
            "kinesis", "list_streams", "StreamNames[]", arn="StreamARN", created="StreamCreationTimestamp",
            lookup=Lookup("describe_stream_summary", "StreamDescriptionSummary", StreamName=HANDLE),
            details={"shards": "OpenShardCount", "mode": "StreamModeDetails.StreamMode"},
        ),
        Deletion("kinesis", "delete_stream", StreamName=HANDLE, EnforceConsumerDeletion=True),
        after=("lambda:function", "firehose:delivery-stream"),
        price="kinesis:stream",
    ),
    ResourceType(
        "firehose:delivery-stream",
        Listing("firehose", "list_delivery_streams", "DeliveryStreamNames[]",
                arn="arn:aws:firehose:{region}:{account}:deliverystream/{handle}"),
        Deletion("firehose", "delete_delivery_stream", DeliveryStreamName=HANDLE, AllowForceDelete=True),
    ),
)  # fmt: skip
