"""Builds, pipelines, and the analytics catalogue."""

from provisioning.aws.sweeper.declaring import HANDLE, Deletion, Listing
from provisioning.aws.sweeper.resource import Place, ResourceType

_CATALOGUE = "arn:aws:glue:{region}:{account}:"


def _glue(name: str, listing: str, path: str, delete: str, parameter: str, *, created: str = "") -> ResourceType:
    """Declare a type of Glue's that is listed by full items with a name."""
    return ResourceType(
        f"glue:{name}",
        Listing("glue", listing, path, handle="Name", arn=f"{_CATALOGUE}{name}/{{handle}}", created=created),
        Deletion("glue", delete, **{parameter: HANDLE}),
    )


def _delete_project(place: Place, name: str) -> None:
    for build in place.items("codebuild", "list_builds_for_project", "ids[]", projectName=name):
        running = place.items("codebuild", "batch_get_builds", "builds[?buildStatus=='IN_PROGRESS'].id", ids=[build])
        if not running:
            break  # The newest come first.
        place.call("codebuild", "stop_build", id=build)
    place.call("codebuild", "delete_project", name=name)


TYPES = (
    ResourceType(
        "codepipeline:pipeline",
        Listing("codepipeline", "list_pipelines", "pipelines[]", handle="name", created="created",
                arn="arn:aws:codepipeline:{region}:{account}:{handle}"),
        Deletion("codepipeline", "delete_pipeline", name=HANDLE),
        price="codepipeline:pipeline",
    ),
    ResourceType(
        "codebuild:project",
        Listing("codebuild", "list_projects", "projects[]",
                arn="arn:aws:codebuild:{region}:{account}:project/{handle}"),
        _delete_project,
        after=("codepipeline:pipeline",),
    ),
    ResourceType(
        "codecommit:repository",
        Listing("codecommit", "list_repositories", "repositories[]", handle="repositoryName",
                arn="arn:aws:codecommit:{region}:{account}:{handle}"),
        Deletion("codecommit", "delete_repository", repositoryName=HANDLE),
        is_simulated=False,
    ),
    _glue("trigger", "get_triggers", "Triggers[]", "delete_trigger", "Name"),
    _glue("crawler", "get_crawlers", "Crawlers[]", "delete_crawler", "Name", created="CreationTime"),
    _glue("job", "get_jobs", "Jobs[]", "delete_job", "JobName", created="CreatedOn"),
    _glue("connection", "get_connections", "ConnectionList[]", "delete_connection", "ConnectionName",
          created="CreationTime"),
    _glue("database", "get_databases", "DatabaseList[]", "delete_database", "Name", created="CreateTime"),
    ResourceType(
        "glue:workflow",
        Listing("glue", "list_workflows", "Workflows[]", arn=f"{_CATALOGUE}workflow/{{handle}}"),
        Deletion("glue", "delete_workflow", Name=HANDLE),
        after=("glue:trigger",),
    ),
    ResourceType(
        "glue:registry",
        Listing("glue", "list_registries", "Registries[]", handle="RegistryName", arn="RegistryArn",
                created="CreatedTime"),
        Deletion("glue", "delete_registry", RegistryId={"RegistryName": HANDLE}),
    ),
    ResourceType(
        "athena:work-group",
        Listing("athena", "list_work_groups", "WorkGroups[]", handle="Name", created="CreationTime",
                arn="arn:aws:athena:{region}:{account}:workgroup/{handle}",
                protect={"the account's own work group": "Name == 'primary'"}),
        Deletion("athena", "delete_work_group", WorkGroup=HANDLE, RecursiveDeleteOption=True),
    ),
    ResourceType(
        "athena:data-catalog",
        Listing("athena", "list_data_catalogs", "DataCatalogsSummary[]", handle="CatalogName",
                arn="arn:aws:athena:{region}:{account}:datacatalog/{handle}",
                protect={"the account's own catalogue": "CatalogName == 'AwsDataCatalog'"}),
        Deletion("athena", "delete_data_catalog", Name=HANDLE),
    ),
)  # fmt: skip
