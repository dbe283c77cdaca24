"""Secrets, parameters, keys and their names."""

from provisioning.aws.sweeper.declaring import HANDLE, Deletion, Listing, Lookup
from provisioning.aws.sweeper.resource import ResourceType

PENDING_DAYS = 7  # The shortest that AWS accepts.

TYPES = (
    ResourceType(
        "secretsmanager:secret",
        Listing("secretsmanager", "list_secrets", "SecretList[]", handle="ARN", arn="ARN", created="CreatedDate",
                parameters={"IncludePlannedDeletion": True},
                protect={"kept by an AWS service": "OwningService"}),
        Deletion("secretsmanager", "delete_secret", SecretId=HANDLE, ForceDeleteWithoutRecovery=True),
        after=("lambda:function",),
        price="secretsmanager:secret",
    ),
    ResourceType(
        "ssm:parameter",
        Listing("ssm", "describe_parameters", "Parameters[]", handle="Name", details={"tier": "Tier"},
                arn="ARN"),
        Deletion("ssm", "delete_parameter", Name=HANDLE),
        price="ssm:parameter",
    ),
    ResourceType(
        "ssm:document",
        Listing("ssm", "list_documents", "DocumentIdentifiers[]", handle="Name",
                arn="arn:aws:ssm:{region}:{account}:document/{handle}", created="CreatedDate",
                parameters={"Filters": [{"Key": "Owner", "Values": ["Self"]}]}),
        Deletion("ssm", "delete_document", Name=HANDLE),
    ),
    ResourceType(
        "ssm:maintenance-window",
        Listing("ssm", "describe_maintenance_windows", "WindowIdentities[]", handle="WindowId",
                arn="arn:aws:ssm:{region}:{account}:maintenancewindow/{handle}"),
        Deletion("ssm", "delete_maintenance_window", WindowId=HANDLE),
    ),
    ResourceType(
        "kms:alias",
        Listing("kms", "list_aliases", "Aliases[]", handle="AliasName", arn="AliasArn", created="CreationDate",
                protect={"kept by AWS": "starts_with(AliasName, 'alias/aws/')"}),
        Deletion("kms", "delete_alias", AliasName=HANDLE),
    ),
    ResourceType(
        "kms:key",
        Listing(
            "kms", "list_keys", "Keys[].KeyId", arn="Arn", created="CreationDate",
            lookup=Lookup("describe_key", "KeyMetadata", KeyId=HANDLE),
            protect={"kept by AWS": "KeyManager == 'AWS'"},
            tombstone="contains(['PendingDeletion', 'PendingReplicaDeletion'], KeyState)",
        ),
        Deletion("kms", "schedule_key_deletion", KeyId=HANDLE, PendingWindowInDays=PENDING_DAYS),
        # What is encrypted with it goes first, or could not be deleted any more.
        after=("kms:alias", "s3:bucket", "secretsmanager:secret", "rds:db-instance", "ec2:volume", "ec2:snapshot"),
        price="kms:key",
    ),
)  # fmt: skip
