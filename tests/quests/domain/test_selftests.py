"""The self-test plays a pack in real sandboxes and tells everything that is not as it should be."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from provisioning.enums import LeaseState
from provisioning.models import Account, Lease
from quests.domain.packs import blueprint_of, read_folder
from quests.domain.selftests import Conduct, Report, selftest
from quests.pack.starting import start_pack
from tests.provisioning.sandboxes import Machine
from tests.quests.pack.packs import edit

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]
QUEST = "patient-inbox"


def play(folder: Path, *, keep: bool = False) -> Report:
    """Self-test a folder, with the workers' work done in this thread."""
    machine = Machine()

    def turn() -> None:
        if not machine.turn():
            machine.skip_ahead()

    document = read_folder(folder)
    return selftest(
        folder=folder,
        document=document,
        blueprint=blueprint_of(now=datetime.now(UTC), document=document),
        quests=[QUEST],
        conduct=Conduct(clock=machine.clock, turn=turn, tell=lambda words: None, keep=keep),
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return start_pack(slug="inbox-game", into=tmp_path)


def test_a_new_pack_is_green_and_leaves_clean_accounts(folder: Path) -> None:
    report = play(folder)
    assert [(row.attempt, row.expected) for row in report.rows] == [
        ("as left behind", "every task fails"),
        ("still-forgetful", "exactly memory fails"),
        ("as left behind", "every task fails"),
        ("still-hurried", "exactly patience fails"),
        ("as left behind", "every task fails"),
        ("solution", "every task passes"),
        ("teardown after still-forgetful", "the account is proven clean"),
        ("teardown after still-hurried", "the account is proven clean"),
        ("teardown after solution", "the account is proven clean"),
    ]
    assert report.surprises == []
    assert set(Lease.objects.values_list("state", flat=True)) == {LeaseState.ENDED}
    assert all(account.certificates.first().is_clean for account in Account.objects.all())


def test_every_kind_of_surprise_is_told(folder: Path) -> None:
    # One flaw is missing from the start, a near miss solves everything, and the solution may not do what it does.
    edit(folder, "stack.yaml", "VisibilityTimeout: 1", "VisibilityTimeout: 30")
    edit(folder, "readiness.yaml", "Attributes.VisibilityTimeout == '1' && ", "")
    misses = folder / "solution/quests/patient-inbox/near-misses"
    (misses / "still-hurried.yaml").unlink()
    edit(misses, "still-forgetful.yaml", '"3600"', '"86400"')
    edit(folder, "solution/quests/patient-inbox/solve.yaml", "${outputs.InboxUrl}", "${outputs.InboxUrl}-not")
    surprises = {row.attempt: row.surprise for row in play(folder).surprises}
    assert surprises["as left behind"] == "patience passes and must fail"
    assert surprises["still-forgetful"] == "memory passes and must fail"
    assert "NonExistentQueue" in surprises["solution"]
    assert set(surprises) == {"as left behind", "still-forgetful", "solution"}


def test_a_sandbox_that_does_not_get_ready_is_told_with_the_reason(folder: Path) -> None:
    edit(folder, "readiness.yaml", "== '60'", "== '61'")
    report = play(folder, keep=True)
    assert [row.attempt for row in report.rows] == ["still-forgetful"]
    assert "inbox-has-its-flaws" in report.rows[0].surprise
    assert report.kept == Lease.objects.earliest("created_at")
    assert report.kept.state == LeaseState.PROVISIONING


def test_a_quests_own_stack_is_made_for_its_attempts(folder: Path) -> None:
    stack = "Resources:\n  Spare: {Type: AWS::SQS::Queue}\nOutputs:\n  SpareUrl: {Value: !Ref Spare}\n"
    (folder / f"quests/{QUEST}/stack.yaml").write_text(stack)
    edit(folder, f"quests/{QUEST}/quest.yaml", "difficulty: 1", "difficulty: 1\nstack: {created: unlock}")
    for name in ("still-hurried", "still-forgetful"):
        (folder / f"solution/quests/{QUEST}/near-misses/{name}.yaml").unlink()
    tagged = '{service: sqs, operation: tag_queue, parameters: {QueueUrl: "${outputs.SpareUrl}", Tags: {is: theirs}}}'
    edit(folder, f"solution/quests/{QUEST}/solve.yaml", "calls:\n", f"calls:\n  - {tagged}\n")

    report = play(folder)

    assert [(row.attempt, row.surprise) for row in report.rows] == [
        ("as left behind", ""),
        ("solution", ""),
        ("teardown after solution", ""),
    ]
    assert Lease.objects.get().extra_stacks[QUEST]["state"] == "standing"
