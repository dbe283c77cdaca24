"""From an operation of an AWS API to the IAM actions that it needs."""

from __future__ import annotations

# Signing names that differ from the prefix of the service's IAM actions.
_PREFIXES = {
    "monitoring": "cloudwatch",
    "tagging": "tag",
    "email": "ses",
    "mobiletargeting": "mobiletargeting",
    "cloudcontrolapi": "cloudformation",
    "iotdata": "iot",
    "IoTSecuredTunneling": "iot",
    "awsssoportal": "sso",
    "sso-oauth": "sso-oauth",
}

# S3 names its actions after what they touch, not after the operation.
_S3 = {
    "ListBuckets": ("ListAllMyBuckets",),
    "ListObjects": ("ListBucket",),
    "ListObjectsV2": ("ListBucket",),
    "HeadBucket": ("ListBucket",),
    "ListObjectVersions": ("ListBucketVersions",),
    "ListMultipartUploads": ("ListBucketMultipartUploads",),
    "ListParts": ("ListMultipartUploadParts",),
    "HeadObject": ("GetObject",),
    "SelectObjectContent": ("GetObject",),
    "CopyObject": ("GetObject", "PutObject"),
    "CreateMultipartUpload": ("PutObject",),
    "UploadPart": ("PutObject",),
    "UploadPartCopy": ("GetObject", "PutObject"),
    "CompleteMultipartUpload": ("PutObject",),
    "DeleteObjects": ("DeleteObject",),
    "DeleteBucketTagging": ("PutBucketTagging",),
    "DeleteBucketCors": ("PutBucketCORS",),
    "GetBucketCors": ("GetBucketCORS",),
    "PutBucketCors": ("PutBucketCORS",),
    "DeleteBucketOwnershipControls": ("PutBucketOwnershipControls",),
    "GetBucketLifecycle": ("GetLifecycleConfiguration",),
    "GetBucketLifecycleConfiguration": ("GetLifecycleConfiguration",),
    "PutBucketLifecycle": ("PutLifecycleConfiguration",),
    "PutBucketLifecycleConfiguration": ("PutLifecycleConfiguration",),
    "DeleteBucketLifecycle": ("PutLifecycleConfiguration",),
    "GetBucketEncryption": ("GetEncryptionConfiguration",),
    "PutBucketEncryption": ("PutEncryptionConfiguration",),
    "DeleteBucketEncryption": ("PutEncryptionConfiguration",),
    "GetBucketReplication": ("GetReplicationConfiguration",),
    "PutBucketReplication": ("PutReplicationConfiguration",),
    "DeleteBucketReplication": ("PutReplicationConfiguration",),
    "GetBucketAccelerateConfiguration": ("GetAccelerateConfiguration",),
    "PutBucketAccelerateConfiguration": ("PutAccelerateConfiguration",),
    "GetBucketNotificationConfiguration": ("GetBucketNotification",),
    "PutBucketNotificationConfiguration": ("PutBucketNotification",),
    "GetBucketAnalyticsConfiguration": ("GetAnalyticsConfiguration",),
    "PutBucketAnalyticsConfiguration": ("PutAnalyticsConfiguration",),
    "GetBucketInventoryConfiguration": ("GetInventoryConfiguration",),
    "PutBucketInventoryConfiguration": ("PutInventoryConfiguration",),
    "GetBucketMetricsConfiguration": ("GetMetricsConfiguration",),
    "PutBucketMetricsConfiguration": ("PutMetricsConfiguration",),
    "GetPublicAccessBlock": ("GetBucketPublicAccessBlock",),
    "PutPublicAccessBlock": ("PutBucketPublicAccessBlock",),
    "DeletePublicAccessBlock": ("PutBucketPublicAccessBlock",),
    "GetObjectLockConfiguration": ("GetBucketObjectLockConfiguration",),
    "PutObjectLockConfiguration": ("PutBucketObjectLockConfiguration",),
}
_DYNAMODB_PARTIQL = ("PartiQLDelete", "PartiQLInsert", "PartiQLSelect", "PartiQLUpdate")
_SPECIAL: dict[str, dict[str, tuple[str, ...]]] = {
    "s3": _S3,
    "sqs": {
        "SendMessageBatch": ("SendMessage",),
        "DeleteMessageBatch": ("DeleteMessage",),
        "ChangeMessageVisibilityBatch": ("ChangeMessageVisibility",),
    },
    "sns": {"PublishBatch": ("Publish",)},
    "lambda": {"Invoke": ("InvokeFunction",), "InvokeAsync": ("InvokeFunction",)},
    "dynamodb": {
        "TransactGetItems": ("GetItem",),
        "TransactWriteItems": ("ConditionCheckItem", "DeleteItem", "PutItem", "UpdateItem"),
        "ExecuteStatement": _DYNAMODB_PARTIQL,
        "BatchExecuteStatement": _DYNAMODB_PARTIQL,
        "ExecuteTransaction": _DYNAMODB_PARTIQL,
    },
}


def iam_actions(*, signing_name: str, operation: str, method: str) -> tuple[str, ...]:
    """Return the IAM actions, as `prefix:Name`, that all must be allowed for one call."""
    prefix = _PREFIXES.get(signing_name, signing_name)
    if prefix == "apigateway":
        return (f"apigateway:{method}",)
    names = _SPECIAL.get(prefix, {}).get(operation, (operation,))
    return tuple(f"{prefix}:{name}" for name in names)
