"""The runner that most platforms have: a Celery task for each check, a request, a row. Compared by bench/checks.py."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "labs.settings.dev")

import urllib.request
from typing import Any

import django

django.setup()

from celery import Celery  # noqa: E402
from django.utils import timezone  # noqa: E402

from provisioning.aws.sessions import platform_session  # noqa: E402
from quests.models import InputValue, ProbeRun, TaskProgress  # noqa: E402

app = Celery("celery_checks", broker=os.environ["REDIS_URL"])
app.conf.task_ignore_result = True
app.conf.task_default_queue = "naive"


@app.task(name="bench.check")
def check(progress_id: int, kind: str) -> None:
    """Look at one task of one team and store what was seen."""
    row = TaskProgress.objects.select_related("enrollment__place__lease__account", "task__quest").get(pk=progress_id)
    seen = _ask_http(row) if kind == "http" else _ask_aws(row)
    run = ProbeRun.objects.create(
        enrollment=row.enrollment, task=row.task, probe="naive", at=timezone.now(), trigger="schedule", outcome="fail",
        summary="Not yet.", seen=seen, milliseconds=1,
    )  # fmt: skip
    row.last_outcome, row.last_summary, row.last_run = "fail", "Not yet.", run
    row.save()


def _ask_http(row: TaskProgress) -> str:
    url = InputValue.objects.get(enrollment=row.enrollment_id, name="endpoint").value
    with urllib.request.urlopen(f"{url}/health", timeout=10) as answer:
        text: str = answer.read().decode()
    return text


def _ask_aws(row: TaskProgress) -> str:
    place: Any = row.enrollment.place
    return str(platform_session(place.lease.account.account_id).call("sqs", "list_queues", region="us-east-1"))
