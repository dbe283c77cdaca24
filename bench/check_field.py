"""Rows for the bench of checks: an open event with N teams and M tasks each, written to the database directly."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from provisioning.enums import AccountState, LeaseState
from provisioning.models import Account, Blueprint, Lease
from quests.models import (
    Enrollment,
    Event,
    InputValue,
    Pack,
    PackRelease,
    Place,
    Quest,
    Standing,
    Task,
    TaskProgress,
)

REGION = "us-east-1"
HTTP_PROBE = {
    "type": "http",
    "request": {"url": "${inputs.endpoint}/health"},
    "expect": {"status": 200, "json": "status == 'ready'"},
    "advice": "It must be ready.",
}
AWS_PROBE = {
    "type": "aws",
    "call": {"service": "sqs", "operation": "list_queues", "parameters": {}},
    "expect": "length(QueueUrls) == `1`",
    "advice": "There must be a queue.",
}


def plant(
    *, slug: str, probe: dict[str, Any], teams: int, tasks: int, every_seconds: int, port: int, account_ids: list[str]
) -> Event:
    """Write the event; its tasks are not due yet. With account ids, each team's sandbox is one of these."""
    now = datetime.now(UTC)
    release = _release(slug, probe, now)
    quest = Quest.objects.create(
        release=release, slug="quest", position=1, title="Quest", difficulty=1, expected_minutes=5,
        points=tasks, every_seconds=every_seconds, cooldown_seconds=5,
    )  # fmt: skip
    all_tasks = Task.objects.bulk_create(
        Task(quest=quest, slug=f"task-{n}", position=n, title=f"Task {n}", points=1, checks=["probe"])
        for n in range(tasks)
    )
    event = Event.objects.create(
        slug=slug, name=slug, release=release, state="open", starts_at=now, ends_at=now + timedelta(hours=6),
        planned_teams=teams, team_size_max=5, join_code=slug[:12], created_at=now,
    )  # fmt: skip
    places = _places(event, release.blueprint, teams, account_ids, now)
    from accounts.models import Team

    standing_teams = Team.objects.bulk_create(Team(name=f"Team {n}", created_at=now) for n in range(teams))
    enrollments = Enrollment.objects.bulk_create(
        Enrollment(event=event, team=team, name=f"{team.name} {slug}", place=place, created_at=now)
        for team, place in zip(standing_teams, places, strict=True)
    )
    Standing.objects.bulk_create(Standing(enrollment=each, event=event) for each in enrollments)
    InputValue.objects.bulk_create(
        InputValue(
            enrollment=each, quest=quest, name="endpoint", value=f"http://127.1.{n // 250}.{n % 250 + 1}:{port}",
            saved_by=uuid.uuid4(), saved_at=now,
        )
        for n, each in enumerate(enrollments)
    )  # fmt: skip
    TaskProgress.objects.bulk_create(
        TaskProgress(enrollment=each, task=task) for each in enrollments for task in all_tasks
    )
    return event


def _release(slug: str, probe: dict[str, Any], now: datetime) -> PackRelease:
    blueprint = Blueprint.objects.create(
        content_hash=slug, template="", services=["sqs"], regions=[REGION], created_at=now
    )
    inputs = [{"name": "endpoint", "type": "url", "label": "Address"}]
    return PackRelease.objects.create(
        pack=Pack.objects.create(slug=slug), version="1.0.0", content_hash=slug, title=slug, summary="", game_type="x",
        duration_minutes=60, team_size_min=1, team_size_max=5, maximum=1, blueprint=blueprint, loaded_at=now,
        document={"probes": {"probe": probe}, "quests": [{"slug": "quest", "inputs": inputs}]},
    )  # fmt: skip


def _places(event: Event, blueprint: Blueprint, teams: int, account_ids: list[str], now: datetime) -> list[Place]:
    accounts = Account.objects.bulk_create(
        Account(
            account_id=each, email=f"{each}@sandboxes.example.com", name=each, state=AccountState.LEASED,
            state_since=now, created_at=now,
        )
        for each in account_ids
    )  # fmt: skip
    leases = Lease.objects.bulk_create(
        Lease(
            holder=uuid.uuid4(), scope=event.pk, blueprint=blueprint, account=accounts[n] if accounts else None,
            state=LeaseState.ACTIVE, state_since=now, access_starts_at=now, ends_at=event.ends_at, created_at=now,
        )
        for n in range(teams)
    )  # fmt: skip
    return Place.objects.bulk_create(Place(event=event, number=n, lease=lease) for n, lease in enumerate(leases))
