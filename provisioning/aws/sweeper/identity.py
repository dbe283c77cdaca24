"""Roles, policies, users and their providers; the platform's own and AWS's are protected."""

from collections.abc import Callable
from contextlib import suppress

from provisioning.aws.errors import Conflict, Missing
from provisioning.aws.sessions import BOOTSTRAP_ROLE
from provisioning.aws.sweeper.declaring import HANDLE, Deletion, Listing
from provisioning.aws.sweeper.resource import Place, ResourceType

_KEPT = {
    "the platform's own": "starts_with(Path, '/platform/')",
    "made by an AWS service": "starts_with(Path, '/aws-service-role/')",
    "kept by AWS": "starts_with(Path, '/aws-reserved/')",
}


def _empty_principal(kind: str, parameter: str) -> Callable[[Place, str], None]:
    """Return what takes the policies of a role, user or group from it, which AWS wants first."""

    def empty(place: Place, name: str) -> None:
        who = {parameter: name}
        for arn in place.items("iam", f"list_attached_{kind}_policies", "AttachedPolicies[].PolicyArn", **who):
            place.call("iam", f"detach_{kind}_policy", PolicyArn=arn, **who)
        for policy in place.items("iam", f"list_{kind}_policies", "PolicyNames[]", **who):
            place.call("iam", f"delete_{kind}_policy", PolicyName=policy, **who)

    return empty


_empty_role = _empty_principal("role", "RoleName")
_empty_user = _empty_principal("user", "UserName")
_empty_group = _empty_principal("group", "GroupName")


def _delete_role(place: Place, name: str) -> None:
    for profile in place.items(
        "iam", "list_instance_profiles_for_role", "InstanceProfiles[].InstanceProfileName", RoleName=name
    ):
        place.call("iam", "remove_role_from_instance_profile", InstanceProfileName=profile, RoleName=name)
    _empty_role(place, name)
    place.call("iam", "delete_role", RoleName=name)


def _delete_profile(place: Place, name: str) -> None:
    found = place.call("iam", "get_instance_profile", InstanceProfileName=name)["InstanceProfile"]
    for role in found["Roles"]:
        place.call("iam", "remove_role_from_instance_profile", InstanceProfileName=name, RoleName=role["RoleName"])
    place.call("iam", "delete_instance_profile", InstanceProfileName=name)


def _delete_policy(place: Place, arn: str) -> None:
    for kind, parameter, path in (
        ("role", "RoleName", "PolicyRoles[].RoleName"),
        ("user", "UserName", "PolicyUsers[].UserName"),
        ("group", "GroupName", "PolicyGroups[].GroupName"),
    ):
        for name in place.items("iam", "list_entities_for_policy", path, PolicyArn=arn):
            place.call("iam", f"detach_{kind}_policy", PolicyArn=arn, **{parameter: name})
    for version in place.items("iam", "list_policy_versions", "Versions[?!IsDefaultVersion].VersionId", PolicyArn=arn):
        place.call("iam", "delete_policy_version", PolicyArn=arn, VersionId=version)
    place.call("iam", "delete_policy", PolicyArn=arn)


def _delete_user(place: Place, name: str) -> None:
    for key in place.items("iam", "list_access_keys", "AccessKeyMetadata[].AccessKeyId", UserName=name):
        place.call("iam", "delete_access_key", UserName=name, AccessKeyId=key)
    for serial in place.items("iam", "list_mfa_devices", "MFADevices[].SerialNumber", UserName=name):
        place.call("iam", "deactivate_mfa_device", UserName=name, SerialNumber=serial)
    for certificate in place.items("iam", "list_signing_certificates", "Certificates[].CertificateId", UserName=name):
        place.call("iam", "delete_signing_certificate", UserName=name, CertificateId=certificate)
    for key in place.items("iam", "list_ssh_public_keys", "SSHPublicKeys[].SSHPublicKeyId", UserName=name):
        place.call("iam", "delete_ssh_public_key", UserName=name, SSHPublicKeyId=key)
    for group in place.items("iam", "list_groups_for_user", "Groups[].GroupName", UserName=name):
        place.call("iam", "remove_user_from_group", UserName=name, GroupName=group)
    with suppress(Missing):
        place.call("iam", "delete_login_profile", UserName=name)
    _empty_user(place, name)
    try:
        place.call("iam", "delete_user", UserName=name)
    except Conflict:
        # The rarest thing that holds a user: passwords for single services.
        for credential in place.items(
            "iam",
            "list_service_specific_credentials",
            "ServiceSpecificCredentials[].ServiceSpecificCredentialId",
            UserName=name,
        ):
            place.call(
                "iam", "delete_service_specific_credential", UserName=name, ServiceSpecificCredentialId=credential
            )
        place.call("iam", "delete_user", UserName=name)


def _delete_group(place: Place, name: str) -> None:
    for user in place.items("iam", "get_group", "Users[].UserName", GroupName=name):
        place.call("iam", "remove_user_from_group", UserName=user, GroupName=name)
    _empty_group(place, name)
    place.call("iam", "delete_group", GroupName=name)


def _delete_user_pool(place: Place, pool: str) -> None:
    found = place.call("cognito-idp", "describe_user_pool", UserPoolId=pool)["UserPool"]
    for domain in (found.get("Domain"), found.get("CustomDomain")):
        if domain:
            with suppress(Missing):
                place.call("cognito-idp", "delete_user_pool_domain", Domain=domain, UserPoolId=pool)
    try:
        place.call("cognito-idp", "delete_user_pool", UserPoolId=pool)
    except Conflict:
        if found.get("DeletionProtection") != "ACTIVE":
            raise
        place.call("cognito-idp", "update_user_pool", UserPoolId=pool, DeletionProtection="INACTIVE")
        place.call("cognito-idp", "delete_user_pool", UserPoolId=pool)


TYPES = (
    ResourceType(
        "cognito-idp:user-pool",
        Listing("cognito-idp", "list_user_pools", "UserPools[]", handle="Id", created="CreationDate",
                arn="arn:aws:cognito-idp:{region}:{account}:userpool/{handle}", parameters={"MaxResults": 60}),
        _delete_user_pool,
        after=("apigateway:rest-api", "apigateway:http-api"),
    ),
    ResourceType(
        "cognito-identity:identity-pool",
        Listing("cognito-identity", "list_identity_pools", "IdentityPools[]", handle="IdentityPoolId",
                arn="arn:aws:cognito-identity:{region}:{account}:identitypool/{handle}",
                parameters={"MaxResults": 60}),
        Deletion("cognito-identity", "delete_identity_pool", IdentityPoolId=HANDLE),
    ),
    ResourceType(
        "iam:instance-profile",
        Listing("iam", "list_instance_profiles", "InstanceProfiles[]", handle="InstanceProfileName", arn="Arn",
                created="CreateDate", protect=_KEPT),
        _delete_profile,
        after=("ec2:instance", "autoscaling:launch-configuration", "ec2:launch-template"),
        is_global=True,
    ),
    ResourceType(
        "iam:role",
        Listing("iam", "list_roles", "Roles[]", handle="RoleName", arn="Arn", created="CreateDate",
                protect={**_KEPT, "how the platform enters": f"RoleName == '{BOOTSTRAP_ROLE}' && Path == '/'"}),
        _delete_role,
        # Services need their roles until they are gone.
        after=("lambda:function", "ec2:instance", "iam:instance-profile", "ecs:service", "ecs:task",
               "states:state-machine", "eks:cluster", "batch:compute-environment", "codebuild:project",
               "events:rule", "pipes:pipe", "scheduler:schedule", "rds:db-proxy"),
        is_global=True,
    ),
    ResourceType(
        "iam:user",
        Listing("iam", "list_users", "Users[]", handle="UserName", arn="Arn", created="CreateDate"),
        _delete_user,
        is_global=True,
    ),
    ResourceType(
        "iam:group",
        Listing("iam", "list_groups", "Groups[]", handle="GroupName", arn="Arn", created="CreateDate"),
        _delete_group,
        is_global=True,
    ),
    ResourceType(
        "iam:virtual-mfa-device",
        Listing("iam", "list_virtual_mfa_devices", "VirtualMFADevices[]", handle="SerialNumber", arn="SerialNumber",
                protect={"the root user's": "User.Arn && ends_with(User.Arn, ':root')"}),
        Deletion("iam", "delete_virtual_mfa_device", SerialNumber=HANDLE),
        after=("iam:user",),
        is_global=True,
    ),
    ResourceType(
        "iam:policy",
        Listing("iam", "list_policies", "Policies[]", handle="Arn", arn="Arn", created="CreateDate", protect=_KEPT,
                parameters={"Scope": "Local"}),
        _delete_policy,
        after=("iam:role", "iam:user", "iam:group"),
        is_global=True,
    ),
    ResourceType(
        "iam:oidc-provider",
        Listing("iam", "list_open_id_connect_providers", "OpenIDConnectProviderList[].Arn"),
        Deletion("iam", "delete_open_id_connect_provider", OpenIDConnectProviderArn=HANDLE),
        is_global=True,
    ),
    ResourceType(
        "iam:saml-provider",
        Listing("iam", "list_saml_providers", "SAMLProviderList[]", handle="Arn", arn="Arn", created="CreateDate"),
        Deletion("iam", "delete_saml_provider", SAMLProviderArn=HANDLE),
        is_global=True,
    ),
    ResourceType(
        "iam:server-certificate",
        Listing("iam", "list_server_certificates", "ServerCertificateMetadataList[]", handle="ServerCertificateName",
                arn="Arn", created="UploadDate"),
        Deletion("iam", "delete_server_certificate", ServerCertificateName=HANDLE),
        after=("elasticloadbalancing:load-balancer", "elasticloadbalancing:classic-load-balancer",
               "cloudfront:distribution"),
        is_global=True,
    ),
)  # fmt: skip
