"""`manage.py demo`: once, again, a day later, and where it must not."""

import shutil
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from quests.management.commands.demo import EVENT_NAME, JOIN_CODE
from quests.models import Enrollment, Event, PackRelease
from tests.quests.conftest import FIRST_FLIGHT

pytestmark = [pytest.mark.services, pytest.mark.django_db]


def demo(*arguments: str) -> tuple[str, str]:
    """Return what the command wrote to its output and its errors."""
    out, errors = StringIO(), StringIO()
    call_command("demo", *arguments, stdout=out, stderr=errors)
    return out.getvalue(), errors.getvalue()


def yesterday() -> None:
    """Let the demo event's day be over."""
    for event in Event.objects.all():
        event.starts_at, event.ends_at = (at - timedelta(days=1) for at in (event.starts_at, event.ends_at))
        event.save()


def test_twice_in_a_row_changes_nothing() -> None:
    assert demo() == ("Demo event scheduled.\n", "")
    before = list(User.objects.order_by("id").values()), list(Enrollment.objects.order_by("id").values())
    assert demo() == ("The demo is there already.\n", "")
    assert (list(User.objects.order_by("id").values()), list(Enrollment.objects.order_by("id").values())) == before


def test_a_day_later_there_is_a_new_rehearsal_and_the_old_one_keeps_its_record() -> None:
    demo()
    yesterday()
    assert demo()[0] == "Demo event scheduled.\n"
    assert Event.objects.filter(name=EVENT_NAME).count() == 2
    assert Event.objects.get(join_code=JOIN_CODE).ends_at == Event.objects.latest("ends_at").ends_at


def test_people_who_signed_up_with_the_demos_addresses_are_taken_as_they_are() -> None:
    ada = User.objects.create_user("Ada@Example.com", "her own", name="The real Ada")
    demo()
    assert ada.participations.get().enrollment is not None


def test_while_somebody_works_on_the_pack_the_released_one_is_played(tmp_path: Path, settings: Any) -> None:
    demo()
    released = PackRelease.objects.get()
    yesterday()
    shutil.copytree(FIRST_FLIGHT, tmp_path / "first-flight")
    with (tmp_path / "first-flight" / "README.md").open("a") as readme:
        readme.write("A thought for the next version.\n")
    settings.PACKS_DIR = tmp_path
    out, errors = demo()
    assert out == "Demo event scheduled.\n"
    assert "already released with other content" in errors
    assert {event.release for event in Event.objects.all()} == {released}


def test_a_missing_pack_is_named_and_nothing_is_kept(tmp_path: Path, settings: Any) -> None:
    settings.PACKS_DIR = tmp_path
    with pytest.raises(CommandError, match=r"1 problem\(s\) in the demo's pack\. Nothing was loaded\."):
        demo()
    assert User.objects.count() == 0


def test_it_is_refused_on_real_aws(settings: Any) -> None:
    settings.AWS_MODE = "aws"
    for arguments in ((), ("--sign-ins",)):
        with pytest.raises(CommandError, match="well-known passwords"):
            demo(*arguments)
    assert User.objects.count() == 0


def test_an_unknown_option_runs_nothing() -> None:
    with pytest.raises(CommandError, match="unrecognized arguments"):
        call_command("demo", "--all")
