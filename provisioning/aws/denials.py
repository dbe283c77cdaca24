"""What nobody may do in a sandbox, whatever its pack allows; service control policies and boundaries are made of it.

Actions end in a wildcard or have none: older organizations accept no other form in a service control policy.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from provisioning.aws.sessions import BOOTSTRAP_ROLE, PLATFORM_ROLE

BOUNDARY = "platform/gameday-boundary"
# CloudFormation's own roles by which a company's StackSet puts the platform role into accounts.
_STACK_SET_ROLES = ("stacksets-exec-*", "AWSCloudFormationStackSetExecutionRole")
# No participant can be one of these, since nobody else may make, change or pass a role of such a name (see OURS).
PLATFORM_PRINCIPALS = tuple(
    f"arn:aws:iam::*:role/{name}" for name in (PLATFORM_ROLE, BOOTSTRAP_ROLE, *_STACK_SET_ROLES)
)
OUR_IAM = (
    "arn:aws:iam::*:policy/platform/*",
    "arn:aws:iam::*:role/platform/*",
    *(f"arn:aws:iam::*:role/{name}" for name in (BOOTSTRAP_ROLE, *_STACK_SET_ROLES)),
)
SPARING_THE_PLATFORM = {"ArnNotLike": {"aws:PrincipalArn": list(PLATFORM_PRINCIPALS)}}


@dataclass(frozen=True)
class Denial:
    """Some actions that are denied on some resources under some condition; `for_everyone` includes the platform."""

    sid: str
    actions: tuple[str, ...]
    resources: tuple[str, ...] = ("*",)
    condition: Mapping[str, Any] = field(default_factory=dict)
    for_everyone: bool = False

    def statement(self, *, sparing: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Write it as a statement of a policy document; `sparing` is a condition that also must hold."""
        written: dict[str, Any] = {
            "Sid": self.sid,
            "Effect": "Deny",
            "Action": list(self.actions),
            "Resource": list(self.resources) if len(self.resources) > 1 else self.resources[0],
        }
        condition: dict[str, dict[str, Any]] = {}
        for part in (self.condition, sparing or {}):
            for operator, keys in part.items():
                condition[operator] = {**condition.get(operator, {}), **keys}
        return {**written, "Condition": condition} if condition else written

    def within(self, services: Collection[str]) -> "Denial | None":
        """Return what is left of it where only these services are allowed; None when that is nothing."""
        actions = tuple(action for action in self.actions if action.partition(":")[0] in services)
        return Denial(self.sid, actions, self.resources, self.condition, self.for_everyone) if actions else None


ACCOUNT = Denial(
    "Account",
    (
        "account:AcceptPrimaryEmailUpdate", "account:CloseAccount", "account:Delete*", "account:DisableRegion",
        "account:EnableRegion", "account:Put*", "account:StartPrimaryEmailUpdate", "iam:CreateAccountAlias",
        "iam:DeleteAccountAlias", "iam:DeleteAccountPasswordPolicy", "iam:UpdateAccountPasswordPolicy",
        "organizations:LeaveOrganization",
    ),
    for_everyone=True,
)  # fmt: skip
BILLING = Denial(
    "Billing",
    (
        "aws-portal:Modify*", "billing:Put*", "billing:Update*", "cur:Delete*", "cur:Modify*", "cur:Put*",
        "freetier:Put*", "invoicing:Put*", "payments:Create*", "payments:Delete*", "payments:Make*",
        "payments:Update*", "purchase-orders:Add*", "purchase-orders:Delete*", "purchase-orders:Modify*",
        "purchase-orders:Update*", "supportplans:Create*", "supportplans:Start*", "tax:Batch*", "tax:Delete*",
        "tax:Put*",
    ),
    for_everyone=True,
)  # fmt: skip
# Bills that go on after the sandbox: terms, reservations, plans, domains, subscriptions, hardware.
PURCHASES = Denial(
    "Purchases",
    (
        "aws-marketplace:*", "bedrock:CreateFoundationModelAgreement", "bedrock:CreateProvisionedModelThroughput",
        "dynamodb:Purchase*", "ec2:AcceptReservedInstancesExchangeQuote", "ec2:AllocateHosts",
        "ec2:CreateCapacityReservation*", "ec2:CreateReservedInstancesListing", "ec2:ModifyReservedInstances",
        "ec2:Purchase*", "elasticache:Purchase*", "es:Purchase*", "medialive:Purchase*", "memorydb:Purchase*",
        "outposts:Create*", "rds:Purchase*", "redshift:AcceptReservedNodeExchange", "redshift:Purchase*",
        "route53domains:*", "savingsplans:Create*", "shield:CreateSubscription", "snowball:Create*",
    ),
    for_everyone=True,
)  # fmt: skip
# What not even the account's owner can delete before its time.
UNDELETABLE = Denial(
    "Undeletable",
    (
        "backup:CreateLogicallyAirGappedBackupVault", "backup:PutBackupVaultLockConfiguration",
        "ec2:LockSnapshot", "glacier:CompleteVaultLock", "glacier:InitiateVaultLock",
        "s3:PutBucketObjectLockConfiguration", "s3:PutObjectLegalHold", "s3:PutObjectRetention",
    ),
    for_everyone=True,
)  # fmt: skip
LOCKOUT = Denial(
    "Lockout",
    ("kms:CreateKey", "kms:PutKeyPolicy", "kms:ReplicateKey"),
    condition={"Bool": {"kms:BypassPolicyLockoutSafetyCheck": "true"}},
    for_everyone=True,
)
SHARING = Denial(
    "Sharing",
    (
        "ec2:DisableImageBlockPublicAccess", "ec2:DisableSnapshotBlockPublicAccess", "ec2:ModifyFpgaImageAttribute",
        "ec2:ModifyImageAttribute", "ec2:ModifySnapshotAttribute", "ec2:ModifyVpcEndpointServicePermissions",
        "ecr-public:Create*", "ecr-public:Put*", "ecr:PutRegistryPolicy", "ecr:PutReplicationConfiguration",
        "imagebuilder:PutImagePolicy", "lambda:AddLayerVersionPermission", "ram:AssociateResourceShare",
        "ram:CreateResourceShare", "ram:EnableSharingWithAwsOrganization", "rds:ModifyDBClusterSnapshotAttribute",
        "rds:ModifyDBSnapshotAttribute", "redshift:AuthorizeDataShare", "redshift:AuthorizeSnapshotAccess",
        "s3:PutAccountPublicAccessBlock", "ssm:ModifyDocumentPermission",
    ),
    for_everyone=True,
)  # fmt: skip
# Keys that outlive the sandbox's end.
USERS = Denial(
    "Users",
    (
        "iam:CreateAccessKey", "iam:CreateLoginProfile", "iam:CreateServiceSpecificCredential", "iam:CreateUser",
        "iam:UpdateAccessKey", "iam:UpdateLoginProfile", "iam:UploadSSHPublicKey", "iam:UploadSigningCertificate",
        "rolesanywhere:Create*",
    ),
    for_everyone=True,
)  # fmt: skip
OURS = Denial("Ours", ("iam:*", "sts:AssumeRole"), resources=OUR_IAM)
# A stack that was made through a service role is changed by that role, whoever asks.
OUR_STACKS = Denial(
    "OurStacks",
    (
        "cloudformation:Cancel*", "cloudformation:Continue*", "cloudformation:Create*", "cloudformation:Delete*",
        "cloudformation:Execute*", "cloudformation:Rollback*", "cloudformation:Set*", "cloudformation:Signal*",
        "cloudformation:Update*",
    ),
    resources=("arn:aws:cloudformation:*:*:stack/StackSet-*",),
)  # fmt: skip
UNBOUNDED = Denial(
    "Unbounded",
    ("iam:AttachRolePolicy", "iam:CreateRole", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy"),
    condition={"StringNotLike": {"iam:PermissionsBoundary": f"arn:aws:iam::*:policy/{BOUNDARY}"}},
)
UNBINDING = Denial("Unbinding", ("iam:DeleteRolePermissionsBoundary",))

FOR_EVERYONE = (ACCOUNT, BILLING, PURCHASES, UNDELETABLE, LOCKOUT, SHARING, USERS)
FOR_ALL_BUT_THE_PLATFORM = (OURS, OUR_STACKS, UNBOUNDED, UNBINDING)
FIXED = (*FOR_EVERYONE, *FOR_ALL_BUT_THE_PLATFORM)
