"""Organizations where the simulator is kinder than AWS: duplicate e-mails and stale parents are refused."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from datetime import datetime
from threading import RLock
from typing import Any

from labs.local.gate.operations import Call
from labs.local.gate.refusals import Refusal, Reply
from labs.local.gate.state import State

ACCESS_ROLE = "OrganizationAccountAccessRole"
_EVERY_STATE = ("IN_PROGRESS", "SUCCEEDED", "FAILED")


class OrganizationDesk:
    """Stand between the hub and the simulator's Organizations; remembers the account requests that failed."""

    def __init__(self, *, state: State, lock: RLock) -> None:
        self._state = state
        self._lock = lock
        self._failed: dict[str, dict[str, Any]] = {}

    def answer(self, call: Call, proceed: Callable[[], Reply], *, now: datetime) -> Reply:
        """Answer the calls that need more care than the simulator takes; let it `proceed` with all others."""
        with self._lock:
            match call.operation:
                case "CreateAccount":
                    return self._create_account(call, proceed, now)
                case "DescribeCreateAccountStatus":
                    failed = self._failed.get(call.parameter("CreateAccountRequestId") or "")
                    return _reply({"CreateAccountStatus": failed}) if failed else proceed()
                case "ListCreateAccountStatus":
                    return self._list_statuses(call, proceed())
                case "MoveAccount":
                    self._check_move(call)
            return proceed()

    def accept_and_fail(self, call: Call, *, now: datetime) -> Reply:
        """Accept a CreateAccount whose e-mail address is taken.

        AWS learns of it after it has answered: the failure shows in the status only.
        """
        requested: dict[str, Any] = {
            "Id": f"car-{secrets.token_hex(16)}",
            "AccountName": call.parameter("AccountName"),
            "RequestedTimestamp": now.timestamp(),
        }
        with self._lock:
            self._failed[requested["Id"]] = requested | {
                "State": "FAILED",
                "FailureReason": "EMAIL_ALREADY_EXISTS",
                "CompletedTimestamp": now.timestamp(),
            }
        return _reply({"CreateAccountStatus": requested | {"State": "IN_PROGRESS"}})

    def _create_account(self, call: Call, proceed: Callable[[], Reply], now: datetime) -> Reply:
        email = call.parameter("Email") or ""
        if self._state.email_is_taken(email):
            return self.accept_and_fail(call, now=now)
        reply = proceed()
        if reply.status == 200:
            account = json.loads(reply.body)["CreateAccountStatus"]["AccountId"]
            self._state.make_administrator(account, call.parameter("RoleName") or ACCESS_ROLE)
        return reply

    def _list_statuses(self, call: Call, reply: Reply) -> Reply:
        listed = json.loads(reply.body) if reply.status == 200 else {}
        wanted = call.parameters.get("States") or _EVERY_STATE
        if listed.get("NextToken"):
            # The simulator names the length of the page instead, and would begin at the same place for ever.
            start = int(call.parameter("NextToken") or 0)
            return _reply(listed | {"NextToken": str(start + len(listed["CreateAccountStatuses"]))})
        if "FAILED" not in wanted or "CreateAccountStatuses" not in listed:
            return reply
        return _reply(listed | {"CreateAccountStatuses": listed["CreateAccountStatuses"] + list(self._failed.values())})

    def _check_move(self, call: Call) -> None:
        parent = self._state.parent_of(call.parameter("AccountId") or "")
        if parent is None:
            raise Refusal.named("AccountNotFoundException", "There is no such account in the organization.")
        if parent != call.parameter("SourceParentId"):
            raise Refusal.named("SourceParentNotFoundException", "The account is not in the source parent.")
        if parent == call.parameter("DestinationParentId"):
            raise Refusal.named("DuplicateAccountException", "The account is already in the destination parent.")


def _reply(document: dict[str, Any]) -> Reply:
    return Reply(200, [("Content-Type", "application/x-amz-json-1.1")], json.dumps(document).encode())
