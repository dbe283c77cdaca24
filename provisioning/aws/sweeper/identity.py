"""Roles, policies and instance profiles that participants made; the platform's own and AWS's are not listed."""

from collections.abc import Iterator

from provisioning.aws.sessions import BOOTSTRAP_ROLE
from provisioning.aws.sweeper.resource import Place, ResourceType

KEPT_PATHS = ("/platform/", "/aws-service-role/", "/aws-reserved/")


def _roles(place: Place) -> Iterator[tuple[str, str]]:
    for role in place.items("iam", "list_roles", "Roles[]"):
        if not role["Path"].startswith(KEPT_PATHS) and role["RoleName"] != BOOTSTRAP_ROLE:
            yield role["RoleName"], role["Arn"]


def _delete_role(place: Place, name: str) -> None:
    for profile in place.items(
        "iam", "list_instance_profiles_for_role", "InstanceProfiles[].InstanceProfileName", RoleName=name
    ):
        place.call("iam", "remove_role_from_instance_profile", InstanceProfileName=profile, RoleName=name)
    for arn in place.items("iam", "list_attached_role_policies", "AttachedPolicies[].PolicyArn", RoleName=name):
        place.call("iam", "detach_role_policy", RoleName=name, PolicyArn=arn)
    for policy in place.items("iam", "list_role_policies", "PolicyNames[]", RoleName=name):
        place.call("iam", "delete_role_policy", RoleName=name, PolicyName=policy)
    place.call("iam", "delete_role", RoleName=name)


def _profiles(place: Place) -> Iterator[tuple[str, str]]:
    for profile in place.items("iam", "list_instance_profiles", "InstanceProfiles[]"):
        yield profile["InstanceProfileName"], profile["Arn"]


def _delete_profile(place: Place, name: str) -> None:
    found = place.call("iam", "get_instance_profile", InstanceProfileName=name)["InstanceProfile"]
    for role in found["Roles"]:
        place.call("iam", "remove_role_from_instance_profile", InstanceProfileName=name, RoleName=role["RoleName"])
    place.call("iam", "delete_instance_profile", InstanceProfileName=name)


def _policies(place: Place) -> Iterator[tuple[str, str]]:
    for policy in place.items("iam", "list_policies", "Policies[]", Scope="Local"):
        if not policy["Path"].startswith(KEPT_PATHS):
            yield policy["Arn"], policy["Arn"]


def _delete_policy(place: Place, arn: str) -> None:
    for role in place.items("iam", "list_entities_for_policy", "PolicyRoles[].RoleName", PolicyArn=arn):
        place.call("iam", "detach_role_policy", RoleName=role, PolicyArn=arn)
    for version in place.items("iam", "list_policy_versions", "Versions[?!IsDefaultVersion].VersionId", PolicyArn=arn):
        place.call("iam", "delete_policy_version", PolicyArn=arn, VersionId=version)
    place.call("iam", "delete_policy", PolicyArn=arn)


TYPES = (
    ResourceType("iam:instance-profile", _profiles, _delete_profile, after=("ec2:instance",), is_global=True),
    ResourceType(
        "iam:role",
        _roles,
        _delete_role,
        after=("lambda:function", "ec2:instance", "iam:instance-profile"),
        is_global=True,
    ),
    ResourceType("iam:policy", _policies, _delete_policy, after=("iam:role",), is_global=True),
)
