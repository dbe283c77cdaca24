"""Moto, held in process: dispatch of vouched requests and reads of its live state.

Moto takes the account from a header, the region from the user agent and the operation from wherever it finds
one. Here all three come from what the gate verified, so nothing a caller writes can move a call to another
account, region or action.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable
from threading import RLock
from typing import Any

import requests
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.core.responses import BaseResponse
from moto.core.utils import get_service_model
from moto.moto_api import state_manager
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from requests.adapters import HTTPAdapter

from labs.local.gate.operations import Call
from labs.local.gate.refusals import Kind, Refusal, Reply
from labs.local.gate.request import AwsRequest, Environ
from labs.local.gate.signature import RAW_PATH_SERVICES

logger = logging.getLogger(__name__)

_REGION = "gate.region"
_OPERATION = "gate.operation"
# A long poll sleeps for up to 20 seconds inside moto; it must not keep everybody else waiting.
_WAITING = frozenset({("sqs", "ReceiveMessage")})


class Simulator:
    """The simulated AWS of one process.

    Moto's backends are plain dictionaries without locks, and its work holds the interpreter lock anyway, so
    calls run one at a time under `lock`; only calls that sleep inside moto run beside them.
    """

    management_account: str = DEFAULT_ACCOUNT_ID

    def __init__(self) -> None:
        os.environ.pop("MOTO_ACCOUNT_ID", None)  # it would put every session into one account
        os.environ["MOTO_S3_ALLOW_CROSSACCOUNT_ACCESS"] = "false"
        # A catalogue of images in every account and region costs a second at its first use, and no pack needs one.
        os.environ["MOTO_EC2_LOAD_DEFAULT_AMIS"] = "false"
        # Moto lets a task stop by itself after a few looks; here, as in AWS, it runs until somebody stops it.
        state_manager.set_transition("ecs::task", {"progression": "manual", "times": 1_000_000_000})
        _take_verified_scope()
        _stay_offline()
        self.lock = RLock()
        self._application = _Dispatcher()

    def dispatch(self, request: AwsRequest, call: Call, *, account: str, authorization: str) -> Reply:
        """Run a call as an account and return the simulator's answer; raise Refusal for what it cannot do."""
        headers = {"authorization": authorization, "x-moto-account-id": account, "user-agent": "gate"}
        extra = {_REGION: call.region}
        if call.signing_name in RAW_PATH_SERVICES:
            headers["host"] = "localhost"  # path style, see operations._rest_call
        else:
            extra[_OPERATION] = call.operation
        environ = request.forwarded(headers=headers, extra=extra)
        try:
            if (call.service, call.operation) in _WAITING:
                reply = _run(self._application, environ)
            else:
                with self.lock:
                    reply = _run(self._application, environ)
        except NotImplementedError as error:
            raise Refusal(Kind.NOT_SIMULATED, f"The simulator does not do {call.operation}. {error}".strip()) from None
        except Exception:
            logger.exception("the simulator failed in %s:%s", call.service, call.operation)
            raise Refusal(Kind.INTERNAL, f"The simulator failed in {call.operation}.") from None
        if reply.status == 404 and reply.body.startswith(b"<!doctype html>"):
            raise Refusal(Kind.NOT_SIMULATED, f"The simulator does not serve {call.operation} at this address.")
        return reply


class _Dispatcher(DomainDispatcherApplication):
    """Choose moto's backend by the verified credential scope only, never by host or path."""

    def __init__(self) -> None:
        super().__init__(create_backend_app)
        self._backends: dict[str, Any] = {}  # the search costs a millisecond

    def get_application(self, environ: Environ) -> Any:
        with self.lock:
            host = self.infer_service_region_host(environ, environ["PATH_INFO"]) or ""
            if host not in self._backends:
                self._backends[host] = self.get_backend_for_host(host)
            backend = self._backends[host]
            if backend is None:
                raise NotImplementedError("The service is not simulated.")
            if backend not in self.app_instances:
                self.app_instances[backend] = self.create_app(backend)
            return self.app_instances[backend]


def _run(application: _Dispatcher, environ: Environ) -> Reply:
    captured: dict[str, Any] = {}

    def start_response(status: str, headers: list[tuple[str, str]], _error: object = None) -> None:
        captured.update(status=int(status.split(" ", 1)[0]), headers=headers)

    chunks: Iterable[bytes] = application(environ, start_response)
    try:
        body = b"".join(chunks)
    finally:
        close = getattr(chunks, "close", None)
        if close is not None:
            close()
    return Reply(captured["status"], captured["headers"], body)


def _take_verified_scope() -> None:
    """Make every moto response class read region and operation from the environment that the gate wrote."""
    find_region, find_action = BaseResponse.get_region_from_url, BaseResponse._get_action
    if hasattr(find_region, "verified"):
        return

    def region(self: BaseResponse, request: Any, full_url: str) -> str:
        verified: str = request.environ.get(_REGION) or find_region(self, request, full_url)
        return verified

    def action(self: BaseResponse) -> str:
        verified: str = self.normalized_request.environ.get(_OPERATION) or find_action(self)
        if not self.uri_match and get_service_model(self.boto3_service_name).metadata["protocol"].startswith("rest"):
            # The search for an operation is also what takes the parameters out of the path.
            self._get_action_from_method_and_request_uri(self.normalized_request)
        return verified

    region.verified = True  # type: ignore[attr-defined]
    BaseResponse.get_region_from_url = region
    BaseResponse._get_action = action


def _stay_offline() -> None:
    """Keep moto from calling addresses that strangers chose (topic subscribers) and from driving Docker."""

    def send(_adapter: HTTPAdapter, request: requests.PreparedRequest, **_options: object) -> requests.Response:
        response = requests.Response()
        response.status_code = 503
        response.request, response.url = request, request.url or ""
        return response

    HTTPAdapter.send = send  # type: ignore[assignment,method-assign]
