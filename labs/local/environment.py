"""The file that tells other terminals how to reach the running stack.

Standard library only: the settings read it.
"""

import os
import shlex
from collections.abc import Mapping
from pathlib import Path


def read_stack_env(path: Path) -> dict[str, str]:
    """Read the variables of a ``stack.env`` file; none if absent; a malformed line raises ValueError."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    variables: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        name, equals, value = line.partition("=")
        try:
            words = shlex.split(value)
        except ValueError as error:
            raise ValueError(f"{path}, line {number}: {error}") from error
        if not equals or not name.isidentifier() or len(words) > 1:
            raise ValueError(f"{path}, line {number}: expected NAME=value")
        variables[name] = words[0] if words else ""
    return variables


def write_stack_env(path: Path, variables: Mapping[str, str]) -> None:
    """Write the variables so that a shell can source them too; only the owner reads them, at all times."""
    for name, value in variables.items():
        if value.splitlines() not in ([], [value]) or "\0" in value or not name.isidentifier():
            raise ValueError(f"{name!r} cannot be written to {path}")
    lines = ["# Written by each start of the local stack; edits are lost."]
    lines += [f"{name}={shlex.quote(value)}" for name, value in variables.items()]
    write_private(path, "\n".join(lines) + "\n")


def write_private(path: Path, text: str) -> None:
    """Replace a file atomically by one that only its owner can read."""
    draft = path.with_name(f".{path.name}.new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


_BARE_NAMES = ("PATH", "TZDIR", "LD_LIBRARY_PATH")


def bare_environment() -> dict[str, str]:
    """Return the little that PostgreSQL and Redis need, so that nothing else of the shell's reaches them."""
    kept = {name: os.environ[name] for name in _BARE_NAMES if name in os.environ}
    return {**kept, "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def platform_environment(variables: Mapping[str, str]) -> dict[str, str]:
    """Return the shell's environment with the stack's variables on top.

    Left out is what would silently change whom the children talk to: AWS credentials and profiles, libpq defaults,
    and proxies for loopback addresses.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PG", "REDIS_"))}
    direct = ",".join(filter(None, [os.environ.get("NO_PROXY") or os.environ.get("no_proxy"), "127.0.0.1,localhost"]))
    return {
        **kept,
        "NO_PROXY": direct,
        "no_proxy": direct,
        "LC_ALL": "C.UTF-8",
        "PYTHONUNBUFFERED": "1",
        # Celery's page-long advice to root, at every start of a worker: the local stack is one person's own.
        "PYTHONWARNINGS": "ignore:You're running the worker with superuser privileges",
        **variables,
    }
