"""Confirming at the terminal, and saying who sat there."""

import getpass
import sys

from django.core.management.base import CommandError


def require_typed(words: str, about: str, *, yes: bool) -> None:
    """Ask for exactly these words; raises CommandError otherwise, and where nobody can type without `--yes`."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise CommandError(f"{about} Nobody can confirm it here: add --yes. Nothing was done.")
    sys.stderr.write(f"{about}\nType “{words}” to go on: ")
    sys.stderr.flush()
    if sys.stdin.readline().strip() != words:
        raise CommandError("That is not what was asked for. Nothing was done.")


def os_user() -> str:
    """Return the name of the person at the terminal, as the operating system knows it."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"
