"""What the gate reads from the simulator's live IAM and Organizations, and the little it adds there."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from moto.ec2.models import ec2_backends
from moto.iam.models import AWSManagedPolicy, IAMBackend, ManagedPolicy, iam_backends
from moto.iam.models import Role as MotoRole
from moto.organizations.models import FakeAccount, FakePolicy, organizations_backends

from labs.local.gate.policy.evaluation import Grant
from labs.local.gate.refusals import Kind, Refusal
from labs.local.gate.simulator import Simulator

CONTROL = "SERVICE_CONTROL_POLICY"
# A boundary whose policy is gone allows nothing.
_NOTHING = json.dumps({"Version": "2012-10-17", "Statement": []})
_ADMINISTRATOR: dict[str, Any] = {
    "DefaultVersionId": "v1",
    "Path": "/",
    "Document": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]},
    "CreateDate": "2015-02-06T18:39:46+00:00",
    "UpdateDate": "2015-02-06T18:39:46+00:00",
}


@dataclass(frozen=True)
class Role:
    """A role as IAM holds it at this moment."""

    arn: str
    role_id: str
    trust: str
    policies: tuple[str, ...]
    boundary_arn: str | None
    boundary: str | None
    longest_session_seconds: int
    control: tuple[tuple[str, tuple[str, ...]], ...]

    def grant(self, session_policies: tuple[str, ...] = ()) -> Grant:
        """Return the documents that decide for a session of this role."""
        return Grant(self.policies, self.boundary, session_policies, self.control)


class State:
    """Reads of the simulator's state, each under its lock."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator

    @property
    def management_account(self) -> str:
        """The account id of the hub."""
        return self._simulator.management_account

    def is_active(self, account: str) -> bool:
        """Whether an account is the management account or an open member of its organization."""
        if account == self.management_account:
            return True
        with self._simulator.lock:
            return any(known.id == account and known.status == "ACTIVE" for known in self._accounts())

    def is_foreign_member(self, account: str, *, own: str) -> bool:
        """Whether an account is another member of the organization, open or closed."""
        if account in (own, self.management_account):
            return False
        with self._simulator.lock:
            return any(known.id == account for known in self._accounts())

    def email_is_taken(self, email: str) -> bool:
        """Whether any account of the organization, closed ones included, has this e-mail address."""
        with self._simulator.lock:
            return any(known.email.lower() == email.lower() for known in self._accounts())

    def parent_of(self, account: str) -> str | None:
        """Return the id of the root or unit that holds an account; None for an unknown account."""
        with self._simulator.lock:
            return next((known.parent_id for known in self._accounts() if known.id == account), None)

    def role(self, account: str, name: str) -> Role | None:
        """Return a role by name, with its documents as they are now."""
        with self._simulator.lock:
            backend = _iam(account)
            found = next((role for role in backend.roles.values() if role.name == name), None)
            return None if found is None else _read_role(backend, found, self._control(account))

    def policy_document(self, account: str, arn: str) -> str | None:
        """Return the default version of a managed policy."""
        with self._simulator.lock:
            return _default_document(_iam(account).managed_policies.get(arn))

    def make_administrator(self, account: str, role_name: str) -> None:
        """Attach AdministratorAccess to a role, as AWS does for the access role of a created account."""
        with self._simulator.lock:
            backend = _iam(account)
            policy = AWSManagedPolicy.from_data("AdministratorAccess", account, "aws", _ADMINISTRATOR)
            backend.managed_policies.setdefault(policy.arn, policy)
            backend.attach_role_policy(policy.arn, role_name)

    def instance_types(self, account: str, region: str, ids: Collection[str]) -> set[str]:
        """Return the types of the machines with these ids, as far as they exist."""
        with self._simulator.lock:
            reservations = ec2_backends[account][region].reservations.values()
            machines = [machine for reservation in reservations for machine in reservation.instances]
            return {str(machine.instance_type) for machine in machines if machine.id in ids}

    def _accounts(self) -> list[FakeAccount]:
        accounts: list[FakeAccount] = organizations_backends[self.management_account]["aws"].accounts
        return accounts

    def _control(self, account: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Return the service control policies above an account, from the root down; none bind the management account.

        As in AWS, they count only once the organization has enabled them.
        """
        backend = organizations_backends[self.management_account]["aws"]
        holders = {each.id: each for each in (*backend.ou, *backend.accounts)}
        found = holders.get(account)
        if found is None or account == self.management_account:
            return ()
        levels = []
        while found is not None:
            name = f"{found.type.lower().replace('_', ' ')} {found.id}"
            levels.append((name, _control_documents(found.attached_policies)))
            top, found = found, holders.get(found.parent_id)
        enabled = {each["Type"] for each in getattr(top, "policy_types", ()) if each["Status"] == "ENABLED"}
        return tuple(reversed(levels)) if CONTROL in enabled else ()


def split_role_arn(arn: str) -> tuple[str, str]:
    """Split a role ARN into account id and role name; raise Refusal when it is not a role ARN."""
    parts = arn.split(":", 5)
    resource = parts[5] if len(parts) == 6 else ""
    if parts[:3] != ["arn", "aws", "iam"] or parts[3] or not resource.startswith("role/") or not parts[4].isdecimal():
        raise Refusal(Kind.INVALID_REQUEST, f"{arn} is not the ARN of a role.")
    return parts[4], resource.rpartition("/")[2]


def _iam(account: str) -> IAMBackend:
    return iam_backends[account]["aws"]


def _control_documents(policies: Iterable[FakePolicy]) -> tuple[str, ...]:
    return tuple(_text(policy.content) for policy in policies if policy.type == CONTROL)


def _read_role(backend: IAMBackend, role: MotoRole, control: tuple[tuple[str, tuple[str, ...]], ...]) -> Role:
    inline = [_text(document) for document in role.policies.values()]
    attached = [_default_document(policy) for policy in role.managed_policies.values()]
    boundary_arn = role.permissions_boundary_arn or None
    boundary = None
    if boundary_arn:
        boundary = _default_document(backend.managed_policies.get(boundary_arn)) or _NOTHING
    return Role(
        arn=role.arn,
        role_id=role.id,
        trust=_text(role.assume_role_policy_document),
        policies=tuple(inline + [document for document in attached if document]),
        boundary_arn=boundary_arn,
        boundary=boundary,
        longest_session_seconds=int(role.max_session_duration or 3600),
        control=control,
    )


def _default_document(policy: ManagedPolicy | None) -> str | None:
    if policy is None:
        return None
    version = next((version for version in policy.versions if version.version_id == policy.default_version_id), None)
    return _text(version.document) if version else None


def _text(document: str | Mapping[str, Any]) -> str:
    # CloudFormation hands moto objects where the API hands it text.
    return document if isinstance(document, str) else json.dumps(document)
