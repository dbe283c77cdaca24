"""Every AWS quest of First flight is solved in the workbench alone, in a sandbox that was really vended."""

import json
from datetime import datetime

import pytest
from django.test import Client
from django.urls import reverse

from provisioning.aws.calls import is_read_only
from provisioning.domain.placeholders import variables
from quests.domain.checks import claim_due_checks, request_check
from quests.domain.queries.prepared import prepared_calls
from quests.domain.runs import run_checks
from quests.models import Enrollment, PackRelease, Quest, ScoreEntry, TaskProgress
from quests.pack import substitute
from tests.provisioning import sandboxes
from tests.provisioning.sandboxes import Machine
from tests.quests.conftest import new_person, unlock

# Verdicts are stored by threads of their own, which see only what is committed.
pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]

BY_CALLS = ("open-nest", "lost-letters", "long-memory", "double-dodo")


@pytest.fixture
def now() -> datetime:
    return Machine().clock()


class Player:
    """Somebody who has a browser and nothing else."""

    def __init__(self, team: Enrollment) -> None:
        self.team = team
        person = new_person("Bo")
        team.participations.create(event=team.event, user=person, joined_at=team.created_at)
        self.browser = Client()
        self.browser.force_login(person)
        self.workbench = reverse("workbench", args=[team.event.slug])

    def call(self, service: str, operation: str, parameters: object) -> dict[str, object]:
        """Choose a call on the page, run it with the form that the page shows, and return AWS's answer."""
        page = self.browser.get(self.workbench, {"service": service, "operation": operation})
        assert f'<form class="form run-form" id="run-{service}-{operation}" method="post"' in page.content.decode()
        form = {"service": service, "operation": operation, "parameters": json.dumps(parameters)}
        answer = self.browser.post(self.workbench, form)
        assert answer.status_code == 200
        assert answer.context["answer"]["ok"], answer.context["answer"]
        body: dict[str, object] = json.loads(answer.context["answer"]["body"])
        return body

    def look_around(self, quest: Quest) -> str:
        """Run the quest's prepared calls that only read, just as they are laid out; return all that AWS answers."""
        laid_out = [call for call in prepared_calls(enrollment=self.team) if call.quest_slug == quest.slug]
        return json.dumps(
            [
                self.call(call.service, call.operation, json.loads(call.parameters))
                for call in laid_out
                if is_read_only(call.operation)
            ]
        )

    def hand_in(self, quest: Quest, name: str, value: str) -> None:
        """Type something into the quest's page."""
        where = reverse("input_save", args=[self.team.event.slug, quest.slug])
        assert self.browser.post(where, {"name": name, "value": value}).status_code == 302


@pytest.fixture
def player(open_event: object, team: Enrollment, machine: Machine) -> Player:
    assert team.place and team.place.lease
    sandboxes.vend_alone(machine, team.place.lease)
    unlock(team, machine.clock(), "double-dodo")
    return Player(Enrollment.objects.get(pk=team.pk))


@pytest.fixture
def machine() -> Machine:
    return Machine()


def outcomes(team: Enrollment, quest: Quest, machine: Machine) -> dict[str, str]:
    """Check the quest now, as the tick and the probe worker do, and return its tasks' verdicts."""
    request_check(now=machine.clock(), enrollment=team, quest=quest, cooldown=False)
    run_checks(claims=claim_due_checks(now=machine.clock(), limit=100), seconds=40)
    rows = TaskProgress.objects.filter(enrollment=team, task__quest=quest).select_related("task")
    return {row.task.slug: row.last_outcome for row in rows}


@pytest.mark.parametrize("slug", BY_CALLS)
def test_a_quest_is_solved_in_the_workbench_alone(player: Player, machine: Machine, slug: str) -> None:
    team = player.team
    quest = team.event.release.quests.get(slug=slug)
    tasks = {task.slug: task.points for task in quest.tasks.all()}
    assert outcomes(team, quest, machine) == dict.fromkeys(tasks, "fail")

    assert team.place and team.place.lease
    known = variables(team.place.lease)
    solution = team.event.release.document["solutions"][slug]["solve"]
    seen = player.look_around(quest)
    for call in solution["calls"]:
        player.call(call["service"], call["operation"], substitute(call["parameters"], known))
    for name, value in solution["inputs"].items():
        answer = str(substitute(value, known))
        assert answer in seen
        player.hand_in(quest, name, answer)

    assert outcomes(team, quest, machine) == dict.fromkeys(tasks, "pass")
    assert sum(entry.points for entry in ScoreEntry.objects.filter(enrollment=team)) == sum(tasks.values())


def test_those_are_all_aws_quests_of_the_pack(release: PackRelease) -> None:
    """The only other one asks for a service of the team's own."""
    served = {slug for slug, solution in release.document["solutions"].items() if solution["solve"]["service"]}
    assert {quest.slug for quest in release.quests.all()} == {*BY_CALLS, *served}
    assert served == {"talking-catalogue"}
