"""Which tasks a team is checked for: those of the quests that are open to it."""

import random
from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import F, Q

from quests.domain.openings import locked_quests
from quests.models import CheckSuspension, Enrollment, Event, Task, TaskProgress, TaskVoid


def plan_checks(*, now: datetime, event: Event, enrollments: Iterable[Enrollment]) -> None:
    """Make the tasks that are open to these teams due, spread so that a room does not probe in one burst.

    What is planned already stays as it is; a suspended or void task is planned when it counts again, a
    locked quest's when it unlocks.
    """
    # Nobody plays in a closed team.
    teams = [team for team in enrollments if team.closed_at is None]
    suspended = CheckSuspension.objects.filter(event=event, lifted_at=None).values("task_id")
    void = TaskVoid.objects.filter(event=event, lifted_at=None).values("task_id")
    tasks = list(
        Task.objects.filter(quest__release=event.release)
        .exclude(pk__in=suspended)
        .exclude(pk__in=void)
        .select_related("quest")
    )
    locked = locked_quests(event=event, enrollments=teams)
    # Even an insert that ignores conflicts would wait for whoever is writing to a row that is there already, and
    # that may be somebody who waits for this team.
    planned = set(TaskProgress.objects.filter(enrollment__in=teams).values_list("enrollment_id", "task_id"))
    TaskProgress.objects.bulk_create(
        (
            TaskProgress(
                enrollment=enrollment,
                task=task,
                due_at=now + timedelta(seconds=random.uniform(0, task.quest.every_seconds)),
            )
            for enrollment in teams
            for task in tasks
            if task.quest.slug not in locked[enrollment.pk] and (enrollment.pk, task.pk) not in planned
        ),
        ignore_conflicts=True,
    )


def take_up_checks(*, now: datetime, place: UUID) -> None:
    """Count what was due while the place's sandbox was not ready as due now: waiting for a sandbox is no lateness."""
    overdue = TaskProgress.objects.filter(enrollment__place=place, due_at__lt=now)
    # What somebody asked for is known by its time.
    overdue.filter(Q(requested_at=None) | ~Q(requested_at=F("due_at"))).update(due_at=now)
