"""The look: signs and words of states, amounts, and templates that a strict content policy lets through."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.conf import settings
from django.template.loader import get_template
from django.utils import timezone

from labs.templatetags import look
from provisioning.enums import LeaseState
from quests.enums import ActionKind, EventState, Outcome

TEMPLATES = Path(settings.BASE_DIR) / "templates"
NAMES = sorted(str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*.html"))


@pytest.mark.parametrize("name", NAMES)
def test_every_template_compiles(name: str) -> None:
    get_template(name)


@pytest.mark.parametrize("name", NAMES)
def test_templates_hold_nothing_that_the_content_policy_forbids(name: str) -> None:
    text = (TEMPLATES / name).read_text()
    # A block of data is never run, so the policy has nothing to say about it.
    script = r"<script(?![^>]*(?:\bsrc=|\btype=\"application/json\"))[^>]*>"
    inline = re.findall(rf"<style|\sstyle=|\son\w+=|{script}|https?://(?!www\.w3\.org)", text)
    assert inline == []


@pytest.mark.parametrize("state", [*LeaseState, *Outcome, *(look.event_look(state) for state in EventState)], ids=str)
def test_every_state_has_a_sign_and_a_word(state: str) -> None:
    assert str(state) in look.LOOKS


def test_every_sign_is_drawn_in_the_sprite() -> None:
    sprite = (Path(settings.BASE_DIR) / "labs" / "static" / "icons.svg").read_text()
    drawn = set(re.findall(r'<symbol id="([\w-]+)"', sprite))
    assert {shown.icon for shown in look.LOOKS.values()} <= drawn


def test_the_clock_says_every_action_in_words() -> None:
    assert set(look.ACTIONS) == {kind.value for kind in ActionKind}


def test_an_unknown_state_is_shown_by_its_own_name() -> None:
    assert look.word("half_way") == "half way"
    assert look.tone("half_way") == "soft"


def test_an_open_event_and_an_open_task_are_told_apart() -> None:
    assert (look.word(look.event_look("open")), look.word(look.task_look("open"))) == ("running", "not checked yet")


def test_a_badge_escapes_its_text() -> None:
    assert "<script>" not in look.badge("failed", "<script>")


@pytest.mark.parametrize(("number", "text"), [(0, "0 min"), (59, "59 min"), (125, "2 h 05 min"), (None, "")])
def test_minutes(number: int | None, text: str) -> None:
    assert look.minutes(number) == text


@pytest.mark.parametrize(("points", "text"), [(1200, "+1,200"), (-15, "−15"), (0, "0")])
def test_points_carry_their_sign(points: int, text: str) -> None:
    assert look.signed(points) == text


def test_account_ids_are_written_in_groups_of_four() -> None:
    assert look.account_groups("808516280779") == "8085 1628 0779"


def test_a_moment_names_the_viewers_zone() -> None:
    with timezone.override("Europe/Berlin"):
        shown = look.moment(datetime(2026, 7, 1, 14, 0, tzinfo=UTC))
    assert "16:00" in shown
    assert "CEST" in shown
