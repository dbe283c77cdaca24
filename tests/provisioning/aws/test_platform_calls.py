"""What the platform itself must do is allowed under all guardrails together, and what a pack asks of players too."""

import ast
import json
import re
from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from pathlib import Path

import botocore.session
import pytest
from botocore import xform_name
from botocore.model import ServiceModel

from provisioning.aws import policies, scps
from provisioning.aws.actions import iam_actions
from provisioning.aws.allowances import Allowance
from provisioning.aws.calls import validate_call
from quests.pack import PackDocument, read_pack
from quests.pack.probe_specs import AwsProbe
from tests.provisioning.aws.judging import (
    ACCOUNT,
    BOOTSTRAP,
    BOUNDARY,
    NOW,
    PARTICIPANT,
    PLATFORM,
    STACK_SET,
    Call,
    Document,
    judge,
)

ROOT = Path(__file__).parents[3]
AWS = ROOT / "provisioning" / "aws"
PACKS = sorted(path.parent for path in (ROOT / "packs").glob("*/pack.yaml"))
# The narrowest pack that there can be: whatever it forbids, the platform must go on.
NARROW = Allowance(("sqs",), ("eu-west-1",), NOW - timedelta(minutes=1))
UNIT = [json.loads(policy.content) for policy in scps.fixed()]
REGIONS = ("eu-west-1", "us-east-1", "ap-southeast-2")

Operation = tuple[str, str]


SESSION = botocore.session.get_session()


@cache
def _model(service: str) -> ServiceModel:
    return SESSION.get_service_model(service)


@cache
def _operations(service: str) -> dict[str, str]:
    return {xform_name(name): name for name in _model(service).operation_names}


@cache
def actions_of(operation: Operation) -> tuple[str, ...]:
    service, name = operation
    called = _operations(service)[name]
    method = str(_model(service).operation_model(called).http["method"])
    return iam_actions(signing_name=_model(service).signing_name, operation=called, method=method)


def operations_in(source: Path) -> Iterator[Operation]:
    """Yield each operation that a module of ours may call: its strings that name one of the services it speaks to."""
    tree = ast.parse(source.read_text())
    strings = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    patterns = [_pattern(node) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)]
    for service in sorted(strings & set(SESSION.get_available_services())):
        for name in _operations(service):
            if name in strings or any(pattern.fullmatch(name) for pattern in patterns):
                yield service, name


def _pattern(node: ast.JoinedStr) -> re.Pattern[str]:
    """Read an f-string as a pattern; one without an underscore names no operation."""
    parts = [re.escape(part.value) if isinstance(part, ast.Constant) else "[a-z]+" for part in node.values]
    return re.compile("".join(parts) if "_" in "".join(parts) else "(?!)")


SWEEPING = sorted({each for source in (AWS / "sweeper").glob("*.py") for each in operations_in(source)})
# Everything else that is done in an account with the platform's session.
AT_WORK = (
    "addresses.py",
    "compute.py",
    "defaults.py",
    "ownership.py",
    "preflight/account.py",
    "roles.py",
    "stacks.py",
    "stopping.py",
)
VENDING = sorted({each for name in AT_WORK for each in operations_in(AWS / name)} - {("sts", "assume_role")})


def _may(call: Call, *, account: list[Document], principal: str = PLATFORM) -> bool:
    identity = [policies.platform()] if principal == PLATFORM else [_ADMINISTRATOR]
    return judge(call, principal=principal, identity=identity, unit=UNIT, account=account)


_ADMINISTRATOR = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
_PACK = [json.loads(policy.content) for policy in scps.of_pack(NARROW)]


def test_the_declarations_are_found() -> None:
    assert {("cloudformation", "delete_stack"), ("iam", "detach_role_policy"), ("s3", "delete_bucket")} <= set(SWEEPING)
    assert {("cloudformation", "create_stack"), ("iam", "put_role_permissions_boundary")} <= set(VENDING)
    assert len(SWEEPING) > 50


@pytest.mark.parametrize("region", REGIONS)
def test_every_call_of_the_sweeper_is_allowed_in_every_region_and_while_a_pack_s_guardrails_are_attached(
    region: str,
) -> None:
    refused = [
        action
        for operation in SWEEPING
        for action in actions_of(operation)
        if not _may(Call(action, facts={"aws:RequestedRegion": region}), account=_PACK)
    ]
    assert refused == []


def test_every_other_call_in_an_account_is_allowed_on_the_participants_role_and_the_boundary() -> None:
    for operation in VENDING:
        for action in actions_of(operation):
            for resource in (PARTICIPANT, BOUNDARY) if operation[0] == "iam" else ("*",):
                call = Call(action, resource, {"iam:PermissionsBoundary": BOUNDARY})
                assert _may(call, account=_PACK), call


@pytest.mark.parametrize("principal", [BOOTSTRAP, STACK_SET])
def test_whoever_brings_the_platform_role_may_do_so(principal: str) -> None:
    for operation in operations_in(AWS / "roles.py"):
        for action in actions_of(operation):
            assert _may(Call(action, PLATFORM), account=_PACK, principal=principal)


@cache
def _pack(folder: Path) -> PackDocument:
    return read_pack(folder, validate_call=validate_call)


def _allowance(folder: Path) -> Allowance:
    pack = _pack(folder).pack
    ends_at = NOW + timedelta(hours=1)
    return Allowance(tuple(pack.services), tuple(pack.regions), ends_at, tuple(pack.instance_types))


def _call_of(service: str, action: str, region: str) -> Call:
    """Return a call on something of the pack's; its roles carry the boundary, which `packs lint` sees to."""
    if service == "iam":
        facts = {"aws:RequestedRegion": "us-east-1", "iam:PermissionsBoundary": BOUNDARY}
        return Call(action, f"arn:aws:iam::{ACCOUNT}:role/of-the-pack", facts)
    return Call(action, f"arn:aws:{service}:{region}:{ACCOUNT}:thing", {"aws:RequestedRegion": region})


@pytest.mark.parametrize("folder", PACKS, ids=lambda path: path.name)
def test_seeding_and_probing_of_every_shipped_pack_is_allowed(folder: Path) -> None:
    document = _pack(folder)
    probes = [
        probe for probe in (*document.readiness.values(), *document.probes.values()) if isinstance(probe, AwsProbe)
    ]
    calls = [*document.seed, *(probe.call for probe in probes)]
    guardrails = [json.loads(policy.content) for policy in scps.of_pack(_allowance(folder))]
    assert calls
    for each in calls:
        for action in actions_of((each.service, each.operation)):
            call = _call_of(each.service, action, document.pack.regions[0])
            assert _may(call, account=guardrails), action


@pytest.mark.parametrize("folder", PACKS, ids=lambda path: path.name)
def test_players_may_do_what_the_solutions_of_every_shipped_pack_do(folder: Path) -> None:
    document, allowance = _pack(folder), _allowance(folder)
    calls = [call for solution in document.solutions.values() for call in solution.solve.calls]
    guardrails = [json.loads(policy.content) for policy in scps.of_pack(allowance)]
    assert calls
    for each in calls:
        for action in actions_of((each.service, each.operation)):
            call = _call_of(each.service, action, document.pack.regions[0])
            assert judge(
                call,
                identity=[policies.participant(allowance)],
                boundary=policies.boundary(allowance),
                unit=UNIT,
                account=guardrails,
            ), action


@pytest.mark.parametrize("folder", PACKS, ids=lambda path: path.name)
def test_every_shipped_pack_fits_and_allows_only_what_can_be_deleted(folder: Path) -> None:
    allowance = _allowance(folder)
    assert len(scps.of_pack(allowance)) <= scps.DOCUMENTS_PER_TARGET
    assert policies.boundary(allowance)
    assert policies.participant(allowance)
    assert set(allowance.services) <= {*policies.PLATFORM_SERVICES, "sts"}
