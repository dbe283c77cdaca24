"""Clusters, services, tasks, their definitions and images; batch queues."""

from provisioning.aws.sweeper.declaring import CHILD, HANDLE, PARENT, Deletion, Listing, Lookup
from provisioning.aws.sweeper.resource import Place, ResourceType

_CLUSTERS = Listing(
    "ecs",
    "list_clusters",
    "clusterArns[]",
    arn="clusterArn",
    lookup=Lookup("describe_clusters", "clusters[0]", clusters=[HANDLE]),
    tombstone="status == 'INACTIVE'",
)
_EKS = Listing("eks", "list_clusters", "clusters[]", arn="arn:aws:eks:{region}:{account}:cluster/{handle}")


def _delete_task_definition(place: Place, arn: str) -> None:
    place.call("ecs", "deregister_task_definition", taskDefinition=arn)
    place.call("ecs", "delete_task_definitions", taskDefinitions=[arn])


def _delete_compute_environment(place: Place, arn: str) -> None:
    found = place.items("batch", "describe_compute_environments", "computeEnvironments[]", computeEnvironments=[arn])
    if found and found[0].get("state") == "ENABLED":
        place.call("batch", "update_compute_environment", computeEnvironment=arn, state="DISABLED")
    place.call("batch", "delete_compute_environment", computeEnvironment=arn)


def _delete_job_queue(place: Place, arn: str) -> None:
    found = place.items("batch", "describe_job_queues", "jobQueues[]", jobQueues=[arn])
    if found and found[0].get("state") == "ENABLED":
        place.call("batch", "update_job_queue", jobQueue=arn, state="DISABLED")
    place.call("batch", "delete_job_queue", jobQueue=arn)


TYPES = (
    ResourceType(
        "ecs:service",
        Listing(
            "ecs", "list_services", "serviceArns[]", arn="serviceArn", created="createdAt", within=_CLUSTERS,
            parameters={"cluster": PARENT},
            lookup=Lookup("describe_services", "services[0]", cluster=PARENT, services=[CHILD]),
            tombstone="status == 'INACTIVE'",
        ),
        Deletion("ecs", "delete_service", cluster=PARENT, service=CHILD, force=True),
    ),
    ResourceType(
        "ecs:task",
        Listing(
            "ecs", "list_tasks", "taskArns[]", arn="taskArn", created="createdAt", within=_CLUSTERS,
            parameters={"cluster": PARENT, "desiredStatus": "RUNNING"},
            lookup=Lookup("describe_tasks", "tasks[0]", cluster=PARENT, tasks=[CHILD]),
            tombstone="lastStatus == 'STOPPED'",
            details={"launch_type": "launchType", "cpu_units": "cpu", "memory_mib": "memory"},
        ),
        Deletion("ecs", "stop_task", cluster=PARENT, task=CHILD, reason="the sandbox has ended"),
        after=("ecs:service",),
        price="ecs:task",
    ),
    ResourceType(
        "ecs:container-instance",
        Listing("ecs", "list_container_instances", "containerInstanceArns[]", within=_CLUSTERS,
                parameters={"cluster": PARENT}),
        Deletion("ecs", "deregister_container_instance", cluster=PARENT, containerInstance=CHILD, force=True),
        after=("ecs:service", "ecs:task"),
    ),
    ResourceType(
        "ecs:cluster",
        _CLUSTERS,
        Deletion("ecs", "delete_cluster", cluster=HANDLE),
        after=("ecs:service", "ecs:task", "ecs:container-instance", "autoscaling:group", "ec2:instance",
               "batch:compute-environment"),
    ),
    ResourceType(
        "ecs:task-definition",
        Listing("ecs", "list_task_definitions", "taskDefinitionArns[]", parameters={"status": "ACTIVE"}),
        _delete_task_definition,
        after=("ecs:service", "ecs:task"),
    ),
    ResourceType(
        "ecs:inactive-task-definition",
        Listing("ecs", "list_task_definitions", "taskDefinitionArns[]", parameters={"status": "INACTIVE"}),
        Deletion("ecs", "delete_task_definitions", taskDefinitions=[HANDLE]),
        after=("ecs:service", "ecs:task"),
    ),
    ResourceType(
        "ecr:repository",
        Listing("ecr", "describe_repositories", "repositories[]", handle="repositoryName", arn="repositoryArn",
                created="createdAt"),
        Deletion("ecr", "delete_repository", repositoryName=HANDLE, force=True),
        after=("lambda:function", "ecs:service"),
    ),
    ResourceType(
        "eks:nodegroup",
        Listing("eks", "list_nodegroups", "nodegroups[]", within=_EKS, parameters={"clusterName": PARENT},
                arn="arn:aws:eks:{region}:{account}:nodegroup/{parent}/{child}"),
        Deletion("eks", "delete_nodegroup", clusterName=PARENT, nodegroupName=CHILD),
    ),
    ResourceType(
        "eks:fargate-profile",
        Listing("eks", "list_fargate_profiles", "fargateProfileNames[]", within=_EKS,
                parameters={"clusterName": PARENT},
                arn="arn:aws:eks:{region}:{account}:fargateprofile/{parent}/{child}"),
        Deletion("eks", "delete_fargate_profile", clusterName=PARENT, fargateProfileName=CHILD),
    ),
    ResourceType(
        "eks:cluster",
        _EKS,
        Deletion("eks", "delete_cluster", name=HANDLE),
        after=("eks:nodegroup", "eks:fargate-profile"),
        price="eks:cluster",
    ),
    ResourceType(
        "batch:job-queue",
        Listing("batch", "describe_job_queues", "jobQueues[]", handle="jobQueueArn", arn="jobQueueArn",
                tombstone="status == 'DELETED'"),
        _delete_job_queue,
    ),
    ResourceType(
        "batch:compute-environment",
        Listing("batch", "describe_compute_environments", "computeEnvironments[]", handle="computeEnvironmentArn",
                arn="computeEnvironmentArn", tombstone="status == 'DELETED'"),
        _delete_compute_environment,
        after=("batch:job-queue",),
    ),
    ResourceType(
        "batch:job-definition",
        Listing("batch", "describe_job_definitions", "jobDefinitions[]", handle="jobDefinitionArn",
                arn="jobDefinitionArn", tombstone="status == 'INACTIVE'"),
        Deletion("batch", "deregister_job_definition", jobDefinition=HANDLE),
    ),
)  # fmt: skip
