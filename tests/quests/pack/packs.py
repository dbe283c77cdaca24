"""Small packs on disk for tests: a valid one, and ways to spoil it."""

from __future__ import annotations

from pathlib import Path

from quests.pack import PackDocument, PackError, Problem, read_pack

FILES = {
    "pack.yaml": """\
schema_version: 1
slug: egg-hunt
version: 1.0.0
title: Egg hunt
summary: Find the egg.
game_type: tutorial
fiction: {company: Rent-a-Dodo, briefing: "Hello, *you*."}
duration_minutes: 20
team_size: {min: 1, max: 4}
regions: [eu-central-1]
services: [sqs]
budget_usd: 1
objectives: [Find the egg]
levels: [{slug: one, title: One}]
quests: [nest, hatch]
scoring: {mode: quality, maximum: 150}
locales: [en]
authors: [A dodo]
licence: CC-BY-4.0
""",
    "stack.yaml": """\
Resources:
  Egg: {Type: AWS::SQS::Queue}
Outputs:
  EggUrl: {Value: !Ref Egg}
""",
    "seed.yaml": """\
calls:
  - {service: sqs, operation: tag_queue, parameters: {QueueUrl: "${outputs.EggUrl}", Tags: {seed: "${team.seed}"}}}
""",
    "readiness.yaml": """\
probes:
  egg-is-there:
    type: aws
    call: {service: sqs, operation: list_queues}
    expect: length(QueueUrls) == `1`
    advice: There must be an egg.
""",
    "probes.yaml": """\
probes:
  warm:
    type: http
    request: {url: "${inputs.endpoint}/health"}
    expect: {status: 200}
    advice: Keep it warm.
  hatched:
    type: http-flow
    steps:
      - request: {method: POST, url: "${inputs.endpoint}/eggs", json: {id: "${nonce}"}}
        expect: {status: 201, json: "id == '${nonce}'"}
      - call: {service: sqs, operation: list_queues}
        expect: length(QueueUrls) == `1`
    advice: It must hatch.
""",
    "quests/nest/quest.yaml": """\
title: The nest
level: one
difficulty: 1
expected_minutes: 5
points: 50
objectives: [Warm the nest]
inputs: [{name: endpoint, type: url, label: Address}]
outputs: [{label: Egg, from: EggUrl}]
tasks: [{slug: warm, title: It is warm, points: 50, checks: [warm]}]
hints: [{text: "Sit on it: ${outputs.EggUrl}", cost_percent: 10}]
workbench:
  - {label: Look, service: sqs, operation: get_queue_url, parameters: {QueueName: "${account.id}"}}
""",
    "quests/nest/body.md": "Warm `${outputs.EggUrl}`.\n",
    "quests/nest/coach.md": "They sit on it.\n",
    "quests/hatch/quest.yaml": """\
title: The egg
requires: [nest]
difficulty: 2
expected_minutes: 5
points: 100
objectives: [Hatch the egg]
inputs: [{name: endpoint, type: url, label: Address}]
tasks:
  - {slug: first, title: It cracks, points: 40, checks: [warm]}
  - {slug: second, title: It hatches, points: 60, checks: [warm, hatched]}
""",
    "quests/hatch/body.md": "Hatch it.\n",
    "quests/hatch/coach.md": "They wait.\n",
    "solution/quests/nest/solve.yaml": 'inputs: {endpoint: "http://127.0.0.1:1"}\n',
    "solution/quests/hatch/solve.yaml": """\
service: {file: solution/hen.py}
inputs: {endpoint: "${service.url}"}
""",
    "solution/quests/hatch/near-misses/boiled.yaml": """\
rejected_by: second
why: Too warm.
inputs: {endpoint: "http://127.0.0.1:1"}
""",
    "solution/hen.py": "print('cluck')\n",
}


def write_pack(folder: Path) -> Path:
    """Write the valid pack and return its folder."""
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def edit(folder: Path, name: str, old: str, new: str) -> None:
    """Replace a text that occurs in the file."""
    text = (folder / name).read_text()
    assert old in text
    (folder / name).write_text(text.replace(old, new))


def accept_calls(service: str, operation: str, parameters: dict[str, object]) -> list[str]:
    """Know a few operations of SQS, as AWS's own models know all."""
    known = {"tag_queue", "list_queues", "get_queue_url"}
    return [] if service == "sqs" and operation in known else [f"There is no {service} {operation}."]


def read(folder: Path) -> PackDocument:
    """Read the pack."""
    return read_pack(folder, validate_call=accept_calls)


def problems_of(folder: Path) -> list[Problem]:
    """Return the problems that reading reports, in their order; none for a valid pack."""
    try:
        read(folder)
    except PackError as error:
        return error.problems
    return []
