"""Tables, relational databases, caches, search domains and warehouses. Nothing leaves a final snapshot behind."""

from typing import Any

from provisioning.aws.sweeper.declaring import HANDLE, Deletion, Listing, Lookup
from provisioning.aws.sweeper.resource import Place, ResourceType


def _delete_table(place: Place, name: str) -> None:
    table = place.call("dynamodb", "describe_table", TableName=name)["Table"]
    if table["TableStatus"] == "DELETING":
        return
    if table.get("DeletionProtectionEnabled"):
        place.call("dynamodb", "update_table", TableName=name, DeletionProtectionEnabled=False)
    place.call("dynamodb", "delete_table", TableName=name)


def _delete_db_instance(place: Place, name: str) -> None:
    found = place.call("rds", "describe_db_instances", DBInstanceIdentifier=name)["DBInstances"][0]
    if found["DBInstanceStatus"] == "deleting":
        return
    if found.get("DeletionProtection") and not found.get("DBClusterIdentifier"):
        place.call("rds", "modify_db_instance", DBInstanceIdentifier=name, DeletionProtection=False)
    wanted: dict[str, Any] = {"DBInstanceIdentifier": name, "SkipFinalSnapshot": True}
    if not found.get("DBClusterIdentifier"):
        wanted["DeleteAutomatedBackups"] = True  # A cluster keeps its members' backups itself.
    place.call("rds", "delete_db_instance", **wanted)


def _delete_db_cluster(place: Place, name: str) -> None:
    found = place.call("rds", "describe_db_clusters", DBClusterIdentifier=name)["DBClusters"][0]
    if found["Status"] == "deleting":
        return
    if found.get("DeletionProtection"):
        place.call("rds", "modify_db_cluster", DBClusterIdentifier=name, DeletionProtection=False)
    place.call("rds", "delete_db_cluster", DBClusterIdentifier=name, SkipFinalSnapshot=True)


TYPES = (
    ResourceType(
        "dynamodb:table",
        Listing(
            "dynamodb", "list_tables", "TableNames[]", arn="TableArn", created="CreationDateTime",
            lookup=Lookup("describe_table", "Table", TableName=HANDLE),
            details={
                "billing_mode": "BillingModeSummary.BillingMode",
                "read_units": "ProvisionedThroughput.ReadCapacityUnits",
                "write_units": "ProvisionedThroughput.WriteCapacityUnits",
                "size_bytes": "TableSizeBytes",
            },
        ),
        _delete_table,
        after=("lambda:function",),
        price="dynamodb:table",
    ),
    ResourceType(
        "dynamodb:backup",
        Listing(
            "dynamodb", "list_backups", "BackupSummaries[]", handle="BackupArn", arn="BackupArn",
            created="BackupCreationDateTime", details={"size_bytes": "BackupSizeBytes"},
            # What AWS Backup and the system made ends by its own rules and cannot be deleted here.
            protect={"kept by AWS": "BackupType != 'USER'"}, tombstone="BackupStatus == 'DELETED'",
            parameters={"BackupType": "ALL"},
        ),
        Deletion("dynamodb", "delete_backup", BackupArn=HANDLE),
        price="dynamodb:backup",
    ),
    ResourceType(
        "rds:db-proxy",
        Listing("rds", "describe_db_proxies", "DBProxies[]", handle="DBProxyName", arn="DBProxyArn",
                created="CreatedDate"),
        Deletion("rds", "delete_db_proxy", DBProxyName=HANDLE),
        price="rds:db-proxy",
    ),
    ResourceType(
        "rds:db-instance",
        Listing(
            "rds", "describe_db_instances", "DBInstances[]", handle="DBInstanceIdentifier", arn="DBInstanceArn",
            created="InstanceCreateTime",
            details={
                "instance_class": "DBInstanceClass", "engine": "Engine", "multi_az": "MultiAZ",
                "size_gib": "AllocatedStorage", "storage_type": "StorageType", "iops": "Iops",
                "status": "DBInstanceStatus",
            },
        ),
        _delete_db_instance,
        after=("rds:db-proxy",),
        price="rds:db-instance",
    ),
    ResourceType(
        "rds:db-cluster",
        Listing(
            "rds", "describe_db_clusters", "DBClusters[]", handle="DBClusterIdentifier", arn="DBClusterArn",
            created="ClusterCreateTime",
            details={
                "engine": "Engine", "instance_class": "DBClusterInstanceClass", "size_gib": "AllocatedStorage",
                "minimum_acu": "ServerlessV2ScalingConfiguration.MinCapacity",
                "maximum_acu": "ServerlessV2ScalingConfiguration.MaxCapacity",
            },
        ),
        _delete_db_cluster,
        after=("rds:db-instance",),
        price="rds:db-cluster",
    ),
    ResourceType(
        "rds:db-snapshot",
        Listing("rds", "describe_db_snapshots", "DBSnapshots[]", handle="DBSnapshotIdentifier", arn="DBSnapshotArn",
                created="SnapshotCreateTime", details={"size_gib": "AllocatedStorage"},
                protect={"an automated one, which goes with its instance": "SnapshotType == 'automated'"}),
        Deletion("rds", "delete_db_snapshot", DBSnapshotIdentifier=HANDLE),
        price="rds:snapshot",
    ),
    ResourceType(
        "rds:db-cluster-snapshot",
        Listing("rds", "describe_db_cluster_snapshots", "DBClusterSnapshots[]", handle="DBClusterSnapshotIdentifier",
                arn="DBClusterSnapshotArn", created="SnapshotCreateTime", details={"size_gib": "AllocatedStorage"},
                protect={"an automated one, which goes with its cluster": "SnapshotType == 'automated'"}),
        Deletion("rds", "delete_db_cluster_snapshot", DBClusterSnapshotIdentifier=HANDLE),
        price="rds:snapshot",
    ),
    ResourceType(
        "rds:db-subnet-group",
        Listing("rds", "describe_db_subnet_groups", "DBSubnetGroups[]", handle="DBSubnetGroupName",
                arn="DBSubnetGroupArn"),
        Deletion("rds", "delete_db_subnet_group", DBSubnetGroupName=HANDLE),
        after=("rds:db-instance", "rds:db-cluster", "rds:db-proxy"),
    ),
    ResourceType(
        "rds:db-parameter-group",
        Listing("rds", "describe_db_parameter_groups", "DBParameterGroups[]", handle="DBParameterGroupName",
                arn="DBParameterGroupArn",
                protect={"an AWS default": "starts_with(DBParameterGroupName, 'default.')"}),
        Deletion("rds", "delete_db_parameter_group", DBParameterGroupName=HANDLE),
        after=("rds:db-instance",),
    ),
    ResourceType(
        "rds:db-cluster-parameter-group",
        Listing("rds", "describe_db_cluster_parameter_groups", "DBClusterParameterGroups[]",
                handle="DBClusterParameterGroupName", arn="DBClusterParameterGroupArn",
                protect={"an AWS default": "starts_with(DBClusterParameterGroupName, 'default.')"}),
        Deletion("rds", "delete_db_cluster_parameter_group", DBClusterParameterGroupName=HANDLE),
        after=("rds:db-cluster",),
    ),
    ResourceType(
        "rds:option-group",
        Listing("rds", "describe_option_groups", "OptionGroupsList[]", handle="OptionGroupName", arn="OptionGroupArn",
                protect={"an AWS default": "starts_with(OptionGroupName, 'default:')"}),
        Deletion("rds", "delete_option_group", OptionGroupName=HANDLE),
        after=("rds:db-instance", "rds:db-snapshot"),
        is_simulated=False,  # Its listing is, but fails at every request.
    ),
    ResourceType(
        "rds:event-subscription",
        Listing("rds", "describe_event_subscriptions", "EventSubscriptionsList[]", handle="CustSubscriptionId",
                arn="EventSubscriptionArn"),
        Deletion("rds", "delete_event_subscription", SubscriptionName=HANDLE),
    ),
    ResourceType(
        "elasticache:replication-group",
        Listing("elasticache", "describe_replication_groups", "ReplicationGroups[]", handle="ReplicationGroupId",
                arn="ARN", created="ReplicationGroupCreateTime"),
        Deletion("elasticache", "delete_replication_group", ReplicationGroupId=HANDLE, RetainPrimaryCluster=False),
    ),
    ResourceType(
        "elasticache:cluster",
        Listing("elasticache", "describe_cache_clusters", "CacheClusters[]", handle="CacheClusterId", arn="ARN",
                created="CacheClusterCreateTime",
                details={"node_type": "CacheNodeType", "nodes": "NumCacheNodes", "engine": "Engine"}),
        Deletion("elasticache", "delete_cache_cluster", CacheClusterId=HANDLE),
        after=("elasticache:replication-group",),
        price="elasticache:cluster",
    ),
    ResourceType(
        "elasticache:serverless-cache",
        Listing("elasticache", "describe_serverless_caches", "ServerlessCaches[]", handle="ServerlessCacheName",
                arn="ARN", created="CreateTime", details={"engine": "Engine"}),
        Deletion("elasticache", "delete_serverless_cache", ServerlessCacheName=HANDLE),
        price="elasticache:serverless-cache",
        is_simulated=False,
    ),
    ResourceType(
        "elasticache:snapshot",
        Listing("elasticache", "describe_snapshots", "Snapshots[]", handle="SnapshotName", arn="ARN",
                protect={"an automated one, which goes with its cluster": "SnapshotSource == 'automated'"}),
        Deletion("elasticache", "delete_snapshot", SnapshotName=HANDLE),
        price="elasticache:snapshot",
    ),
    ResourceType(
        "elasticache:subnet-group",
        Listing("elasticache", "describe_cache_subnet_groups", "CacheSubnetGroups[]", handle="CacheSubnetGroupName",
                arn="ARN", protect={"an AWS default": "CacheSubnetGroupName == 'default'"}),
        Deletion("elasticache", "delete_cache_subnet_group", CacheSubnetGroupName=HANDLE),
        after=("elasticache:cluster", "elasticache:replication-group"),
    ),
    ResourceType(
        "elasticache:parameter-group",
        Listing("elasticache", "describe_cache_parameter_groups", "CacheParameterGroups[]",
                handle="CacheParameterGroupName", arn="ARN",
                protect={"an AWS default": "starts_with(CacheParameterGroupName, 'default.')"}),
        Deletion("elasticache", "delete_cache_parameter_group", CacheParameterGroupName=HANDLE),
        after=("elasticache:cluster", "elasticache:replication-group"),
        is_simulated=False,
    ),
    ResourceType(
        "es:domain",
        Listing(
            "opensearch", "list_domain_names", "DomainNames[]", handle="DomainName", arn="ARN",
            lookup=Lookup("describe_domain", "DomainStatus", DomainName=HANDLE),
            details={
                "instance_type": "ClusterConfig.InstanceType", "instances": "ClusterConfig.InstanceCount",
                "size_gib": "EBSOptions.VolumeSize", "volume_type": "EBSOptions.VolumeType",
            },
        ),
        Deletion("opensearch", "delete_domain", DomainName=HANDLE),
        price="es:domain",
    ),
    ResourceType(
        "redshift:cluster",
        Listing(
            "redshift", "describe_clusters", "Clusters[]", handle="ClusterIdentifier", created="ClusterCreateTime",
            arn="arn:aws:redshift:{region}:{account}:cluster:{handle}",
            details={"node_type": "NodeType", "nodes": "NumberOfNodes"},
        ),
        Deletion("redshift", "delete_cluster", ClusterIdentifier=HANDLE, SkipFinalClusterSnapshot=True),
        price="redshift:cluster",
    ),
    ResourceType(
        "redshift:snapshot",
        Listing("redshift", "describe_cluster_snapshots", "Snapshots[]", handle="SnapshotIdentifier",
                created="SnapshotCreateTime",
                arn="arn:aws:redshift:{region}:{account}:snapshot:{handle}",
                protect={"an automated one, which goes with its cluster": "SnapshotType == 'automated'"},
                details={"size_mib": "TotalBackupSizeInMegaBytes"}),
        Deletion("redshift", "delete_cluster_snapshot", SnapshotIdentifier=HANDLE),
        after=("redshift:cluster",),
        price="redshift:snapshot",
    ),
    ResourceType(
        "redshift:subnet-group",
        Listing("redshift", "describe_cluster_subnet_groups", "ClusterSubnetGroups[]", handle="ClusterSubnetGroupName",
                arn="arn:aws:redshift:{region}:{account}:subnetgroup:{handle}"),
        Deletion("redshift", "delete_cluster_subnet_group", ClusterSubnetGroupName=HANDLE),
        after=("redshift:cluster",),
    ),
)  # fmt: skip
