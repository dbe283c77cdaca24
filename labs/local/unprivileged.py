"""An operating-system user without rights for PostgreSQL, which refuses to run as root."""

import os
import pwd
import subprocess
from pathlib import Path

from labs.local.child import Account

# Users that every Debian and Ubuntu has; `initdb` insists on one with a name.
_CANDIDATES = ("nobody", "daemon")


class NoUnprivilegedUser(Exception):
    """We are root, and there is no user to run PostgreSQL as."""


def unprivileged_account() -> Account | None:
    """Return the user to run PostgreSQL as if we are root, None if we are not; raises NoUnprivilegedUser."""
    if os.geteuid() != 0:
        return None
    for name in _CANDIDATES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        account = Account(name, entry.pw_uid, entry.pw_gid)
        if runs_as(account, "/bin/sh", "-c", ":"):
            return account
    raise NoUnprivilegedUser(
        f"PostgreSQL does not run as root, and none of the users {', '.join(_CANDIDATES)} can be used. "
        "Run the stack as an ordinary user."
    )


def runs_as(account: Account, *command: str) -> bool:
    """Say whether a command succeeds as this user: asks the kernel, so every kind of permission counts."""
    try:
        finished = subprocess.run(
            command,
            user=account.uid,
            group=account.gid,
            extra_groups=[],
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
        )
    except OSError:
        return False
    return finished.returncode == 0


def can_own_files_below(account: Account, folder: Path) -> bool:
    """Say whether the user reaches this folder, so that a folder of its own inside would be usable."""
    return runs_as(account, "/bin/sh", "-c", 'cd -- "$1"', "sh", str(folder))
