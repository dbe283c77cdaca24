"""Asking the rest of the house what a pack or an event needs."""

from typing import Any

from django.core.management.base import CommandError

from provisioning.needs import Needs, UnknownNeeds
from provisioning.signals import needs_wanted


def needs(*, pack: str = "", event: str = "") -> Needs:
    """Return what a pack or event needs; ends the command with a sentence when nobody knows it."""
    try:
        answers: list[Any] = [answer for _, answer in needs_wanted.send(sender=None, pack=pack, event=event)]
    except UnknownNeeds as error:
        raise CommandError(str(error)) from error
    found: Needs | None = next((answer for answer in answers if answer is not None), None)
    if found is None:
        raise CommandError("Nothing that is installed here knows packs or events.")
    return found
