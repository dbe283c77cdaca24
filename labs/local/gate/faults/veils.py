"""States that take their time: what the simulator does at once shows as in progress for a while.

A veil lies over one thing. It changes what listings and descriptions say about the thing, and a deletion under a veil
is carried out only when the veil lifts: after a number of looks that it has covered, or after a time.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from xml.etree import ElementTree

from moto.cloudformation.models import Stack, cloudformation_backends
from moto.dynamodb.models import dynamodb_backends

from labs.local.gate.operations import Call
from labs.local.gate.refusals import Refusal, Reply

_STACKS = "http://cloudformation.amazonaws.com/doc/2010-05-15/"


@dataclass(eq=False)
class Veil(ABC):
    """What lies over one thing of an account; `looks` counts down, `ends_at` lifts it whoever looks."""

    account: str
    region: str
    looks: int
    ends_at: datetime | None
    thing: str

    service = ""

    def concerns(self, call: Call, account: str) -> bool:
        """Whether a call goes to the place where the thing is."""
        return (call.service, account) == (self.service, self.account) and self.region in ("", call.region)

    def is_over(self, now: datetime) -> bool:
        """Whether the thing has reached its final state."""
        return self.looks <= 0 if self.ends_at is None else self.ends_at <= now

    @abstractmethod
    def meets(self, call: Call) -> Reply | None:
        """Answer a call in the simulator's place, or let it pass; raise Refusal for what the state forbids."""

    @abstractmethod
    def covers(self, call: Call, reply: Reply) -> Reply:
        """Return the reply as it looks through the veil: the same object if it does not show the thing."""

    def lift(self) -> object:
        """Carry out what was held back, if anything was."""
        return None


@dataclass(eq=False)
class StackVeil(Veil):
    """A stack whose creation takes a while or, when a deletion is held back, whose deletion does."""

    status: str
    held_back: Callable[[], Reply] | None = None

    service = "cloudformation"

    def meets(self, call: Call) -> Reply | None:
        if call.operation != "DeleteStack" or find_stack_id(call, self.account) != self.thing:
            return None
        if self.held_back is not None:
            return deletion_accepted()  # It is under way already.
        self.looks, self.ends_at = 0, None
        return None

    def covers(self, call: Call, reply: Reply) -> Reply:
        return _cover_stack(call, reply, stack_id=self.thing, changes={"StackStatus": self.status}, without="Outputs")

    def lift(self) -> object:
        return self.held_back() if self.held_back else None


@dataclass(eq=False)
class StuckStackVeil(Veil):
    """A stack in DELETE_FAILED because one of its resources refused; no look ends that, the next deletion does.

    If that deletion retains the resource, it stays behind outside any stack, as in AWS.
    """

    resource: str

    service = "cloudformation"

    def meets(self, call: Call) -> Reply | None:
        if call.operation == "DeleteStack" and find_stack_id(call, self.account) == self.thing:
            retained = {value for name, value in call.parameters.items() if name.startswith("RetainResources.member.")}
            if self.resource in retained:
                stack = _stacks(self.account, self.region)[self.thing]
                stack.resource_map._resource_json_map[self.resource]["DeletionPolicy"] = "Retain"
            self.looks = 0
        return None

    def covers(self, call: Call, reply: Reply) -> Reply:
        if call.operation == "ListStackResources" and find_stack_id(call, self.account) == self.thing:
            covered = _edit(reply, "LogicalResourceId", self.resource, {"ResourceStatus": "DELETE_FAILED"})
        else:
            reason = f"The following resource(s) failed to delete: [{self.resource}]. "
            changes = {"StackStatus": "DELETE_FAILED", "StackStatusReason": reason}
            covered = _cover_stack(call, reply, stack_id=self.thing, changes=changes)
        self.looks += covered is not reply
        return covered


@dataclass(eq=False)
class TableVeil(Veil):
    """A table that is being deleted."""

    held_back: Callable[[], Reply]

    service = "dynamodb"

    def meets(self, call: Call) -> Reply | None:
        if call.operation in ("DeleteTable", "UpdateTable") and _table_name(call) == self.thing:
            raise Refusal.named("ResourceInUseException", f"Table is being deleted: {self.thing}")
        return None

    def covers(self, call: Call, reply: Reply) -> Reply:
        if reply.status != 200 or call.operation not in ("DescribeTable", "ListTables"):
            return reply
        document = json.loads(reply.body)
        if call.operation == "DescribeTable" and _table_name(call) == self.thing:
            document["Table"]["TableStatus"] = "DELETING"
            return replace(reply, body=json.dumps(document).encode())
        return replace(reply) if self.thing in document.get("TableNames", ()) else reply

    def lift(self) -> object:
        return self.held_back()


@dataclass(eq=False)
class AccountVeil(Veil):
    """An account that is being created: its request is in progress, and no listing of accounts has it yet."""

    request_id: str

    service = "organizations"

    def meets(self, call: Call) -> Reply | None:
        if call.operation == "DescribeAccount" and call.parameter("AccountId") == self.thing:
            raise Refusal.named("AccountNotFoundException", "There is no such account in the organization.")
        return None

    def covers(self, call: Call, reply: Reply) -> Reply:
        if reply.status != 200 or self.thing.encode() not in reply.body:
            return reply
        document = json.loads(reply.body)
        if "Accounts" in document:
            document["Accounts"] = [each for each in document["Accounts"] if each["Id"] != self.thing]
        for status in [*document.get("CreateAccountStatuses", ()), document.get("CreateAccountStatus", {})]:
            if status.get("Id") == self.request_id:
                status["State"] = "IN_PROGRESS"
                status.pop("AccountId", None)
                status.pop("CompletedTimestamp", None)
        return replace(reply, body=json.dumps(document).encode())


def deletion_accepted() -> Reply:
    """Answer a DeleteStack as AWS does: nothing but that it was accepted."""
    body = f'<DeleteStackResponse xmlns="{_STACKS}"><ResponseMetadata/></DeleteStackResponse>'
    return Reply(200, [("Content-Type", "text/xml")], body.encode())


def table_deletion_accepted(name: str) -> Reply:
    """Answer a DeleteTable as AWS does: the table is on its way out."""
    document = {"TableDescription": {"TableName": name, "TableStatus": "DELETING"}}
    return Reply(200, [("Content-Type", "application/x-amz-json-1.0")], json.dumps(document).encode())


def find_stack_id(call: Call, account: str) -> str | None:
    """Return the id of the standing stack that a call names by name or id."""
    named = call.parameter("StackName")
    stacks = _stacks(account, call.region).values()
    return next((stack.stack_id for stack in stacks if named in (stack.stack_id, stack.name)), None)


def first_resource(account: str, region: str, stack_id: str) -> str | None:
    """Return the logical id of a stack's first resource."""
    return next(iter(_stacks(account, region)[stack_id].resource_map), None)


def created_stack_id(reply: Reply) -> str | None:
    """Return the id of the stack that an answer to CreateStack names."""
    if reply.status != 200:
        return None
    found = ElementTree.fromstring(reply.body).find(f".//{{{_STACKS}}}StackId")  # noqa: S314  (the simulator's own)
    return None if found is None else found.text


def deletable_table(call: Call, account: str) -> str | None:
    """Return the name of the table that a call would delete, None when it would be refused."""
    name = _table_name(call)
    table = dynamodb_backends[account][call.region].tables.get(name)
    return name if table is not None and not table.deletion_protection_enabled else None


def _table_name(call: Call) -> str:
    return (call.parameter("TableName") or "").rpartition("/")[2]


def _cover_stack(call: Call, reply: Reply, *, stack_id: str, changes: dict[str, str], without: str = "") -> Reply:
    if call.operation not in ("DescribeStacks", "ListStacks"):
        return reply
    return _edit(reply, "StackId", stack_id, changes, without=without)


def _edit(reply: Reply, key: str, value: str, changes: dict[str, str], *, without: str = "") -> Reply:
    """Change fields of the list members whose `key` has this value; return the same object when there is none."""
    if reply.status != 200 or value.encode() not in reply.body:
        return reply
    root = ElementTree.fromstring(reply.body)  # noqa: S314  (the simulator's own)
    members = [
        member for member in root.iter(f"{{{_STACKS}}}member") if member.findtext(f"{{{_STACKS}}}{key}") == value
    ]
    for member in members:
        for name, text in changes.items():
            found = member.find(f"{{{_STACKS}}}{name}")
            (ElementTree.SubElement(member, f"{{{_STACKS}}}{name}") if found is None else found).text = text
        for unseen in [each for each in member if each.tag == f"{{{_STACKS}}}{without}"]:
            member.remove(unseen)
    return replace(reply, body=ElementTree.tostring(root, default_namespace=_STACKS)) if members else reply


def _stacks(account: str, region: str) -> dict[str, Stack]:
    stacks: dict[str, Stack] = cloudformation_backends[account][region].stacks
    return stacks
