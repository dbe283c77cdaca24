"""One management command with services of its own: what a pack author's CI runs."""

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from labs.local.environment import platform_environment
from labs.local.stack import CHECKOUT, LocalServices


def run_once(arguments: Sequence[str]) -> int:
    """Run `manage.py ARGUMENTS` beside an empty database, Redis and simulated AWS; return its exit status."""
    with (
        tempfile.TemporaryDirectory(prefix="labs-run-") as folder,
        LocalServices(Path(folder) / "stack") as services,
    ):
        environment = platform_environment({"DJANGO_SETTINGS_MODULE": "labs.settings.dev", **services})
        manage = [sys.executable, str(CHECKOUT / "manage.py")]
        migrated = subprocess.run(
            [*manage, "migrate", "--verbosity", "0"], env=environment, check=False, stdout=sys.stderr
        )
        if migrated.returncode:
            return migrated.returncode
        return subprocess.run([*manage, *arguments], env=environment, check=False).returncode
