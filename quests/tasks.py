"""Celery's entries into the game: an id, one domain call."""

from celery import shared_task
from django.core.cache import cache
from django.utils import timezone

from quests.domain.checks import DISPATCH, Claim, claim_due_checks
from quests.domain.clock import run_due_actions
from quests.domain.environments import ask_for_stacks
from quests.domain.holds import hold_mass_failures
from quests.domain.income import pay_due_income
from quests.domain.letters import CLAIM, claim_letters, send_letter
from quests.domain.notes import delete_old_notes
from quests.domain.places import give_spares
from quests.domain.retention import compact_runs
from quests.domain.runs import start_checks
from quests.domain.watching import watch_checks

BATCH = 20
CLAIMS_PER_TICK = 1000
LETTERS_PER_TICK = 50
# Shorter than the claim, so that no second runner starts under a live one.
RUN_SECONDS = 45
LAST_TICK = "quests.last_tick"


@shared_task(name="quests.tick", acks_late=False)
def tick() -> None:
    """Run the clocks of all events and fan the due checks out to the probe queue."""
    now = timezone.now()
    run_due_actions(now=now)
    give_spares(now=now)
    ask_for_stacks(now=now)
    hold_mass_failures(now=now)
    pay_due_income(now=now)
    claims = claim_due_checks(now=now, limit=CLAIMS_PER_TICK)
    for start in range(0, len(claims), BATCH):
        batch = [(claim.progress_id, claim.version) for claim in claims[start : start + BATCH]]
        probe.apply_async(args=[batch], expires=DISPATCH.total_seconds())
    for letter in claim_letters(now=now, limit=LETTERS_PER_TICK):
        mail.apply_async(args=[letter], expires=CLAIM.total_seconds())
    cache.set(LAST_TICK, now.isoformat(), timeout=None)


@shared_task(name="quests.probe", acks_late=False)
def probe(batch: list[tuple[int, int]]) -> None:
    """Start the claimed checks, all at once."""
    start_checks(claims=[Claim(progress_id, version) for progress_id, version in batch], seconds=RUN_SECONDS)


@shared_task(name="quests.mail", acks_late=False)
def mail(letter: int) -> None:
    """Send one letter to a person of an event."""
    send_letter(now=timezone.now(), letter=letter)


@shared_task(name="quests.compact", acks_late=False)
def compact() -> None:
    """Keep the history of checks short, and notes about teams for as long as they are kept."""
    compact_runs(now=timezone.now())
    delete_old_notes(now=timezone.now())


@shared_task(name="quests.watch", acks_late=False)
def watch() -> None:
    """Tell when many checks cannot be carried out."""
    watch_checks(now=timezone.now())
