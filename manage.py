#!/usr/bin/env python3
"""Django's command line for this project; talks to the local stack unless the environment differs."""

import os
import sys


def main() -> None:
    """Run one management command."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "labs.settings.dev")
    try:
        from django.core.management import execute_from_command_line
    except ImportError:
        sys.exit("Django is not installed for this Python. Run `make venv` once, then .venv/bin/python manage.py …")
    from django.db import OperationalError, ProgrammingError

    try:
        execute_from_command_line(sys.argv)
    except OperationalError as error:
        if "--traceback" in sys.argv:
            raise
        sys.exit(f"The database does not answer, so the command did not finish: {_first_line(error)}")
    except ProgrammingError as error:
        # SQLSTATE 42P01 is PostgreSQL's word for a table that is not there.
        if "--traceback" in sys.argv or getattr(error.__cause__, "sqlstate", "") != "42P01":
            raise
        sys.exit(f"The database lacks tables: run `manage.py migrate` first. ({_first_line(error)})")


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]


if __name__ == "__main__":
    main()
