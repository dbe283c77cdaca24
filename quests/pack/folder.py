"""The pack folder, read once into memory within limits: what is checked is what is hashed."""

from __future__ import annotations

import hashlib
import os
import stat
import unicodedata
from collections.abc import Iterator, Mapping
from pathlib import Path

from quests.pack.problems import PackError, Problem

MAX_FILE_BYTES = 256 * 1024
MAX_FOLDER_BYTES = 8 * 1024 * 1024
MAX_FILES = 1000
MAX_DEPTH = 8
_IGNORED = frozenset({"__pycache__"})


def read_folder(folder: Path) -> dict[str, bytes]:
    """Return the folder's files by relative POSIX path, sorted, without hidden files and Python caches.

    Raises PackError with every link that leads out of the folder, special file, clash of names and breach of
    a limit.
    """
    root = folder.resolve()
    if not root.is_dir():
        raise PackError([Problem(str(folder), 0, "", "is not a folder" if root.exists() else "does not exist")])
    files: dict[str, bytes] = {}
    problems: list[Problem] = []
    total = 0
    for path in _walk(root, problems):
        name = unicodedata.normalize("NFC", path.relative_to(root).as_posix())
        fault = _fault(path, root)
        if fault is None and name in files:
            fault = "has the same name as another file once its letters are normalised"
        if fault is None and len(files) == MAX_FILES:
            raise PackError([*problems, Problem("", 0, "", f"holds more than {MAX_FILES} files")])
        if fault is not None:
            problems.append(Problem(name, 0, "", fault))
            continue
        try:
            content = _read_bounded(path)
        except OSError as error:
            problems.append(Problem(name, 0, "", f"cannot be read: {error.strerror}"))
            continue
        if len(content) > MAX_FILE_BYTES:
            problems.append(Problem(name, 0, "", f"is larger than {MAX_FILE_BYTES // 1024} kB"))
            continue
        total += len(content)
        if total > MAX_FOLDER_BYTES:
            raise PackError([*problems, Problem("", 0, "", f"is larger than {MAX_FOLDER_BYTES // 2**20} MB")])
        files[name] = content
    if problems:
        raise PackError(problems)
    return dict(sorted(files.items()))


def content_hash(folder: Path) -> str:
    """Return the hexadecimal SHA-256 of the folder's paths and bytes; raises PackError like read_folder."""
    return hash_files(read_folder(folder))


def hash_files(files: Mapping[str, bytes]) -> str:
    """Return the hexadecimal SHA-256 over sorted paths and contents, each preceded by its length."""
    digest = hashlib.sha256()
    for name, content in sorted(files.items()):
        for part in (name.encode(), content):
            digest.update(len(part).to_bytes(8, "big"))
            digest.update(part)
    return digest.hexdigest()


def _walk(folder: Path, problems: list[Problem], depth: int = 1) -> Iterator[Path]:
    """Yield everything below that is no real folder; a link to a folder is yielded, not entered."""
    try:
        with os.scandir(folder) as entries:
            found = sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        problems.append(Problem(folder.name, 0, "", f"cannot be read: {error.strerror}"))
        return
    for entry in found:
        if entry.name.startswith(".") or entry.name in _IGNORED:
            continue
        if not entry.is_dir(follow_symlinks=False):
            yield Path(entry.path)
        elif depth == MAX_DEPTH:
            problems.append(Problem(entry.name, 0, "", f"lies deeper than {MAX_DEPTH} folders"))
        else:
            yield from _walk(Path(entry.path), problems, depth + 1)


def _fault(path: Path, root: Path) -> str | None:
    try:
        target = path.resolve(strict=True)
        mode = target.stat().st_mode
    except (OSError, RuntimeError):
        return "is a link that leads nowhere" if path.is_symlink() else "cannot be read"
    if not target.is_relative_to(root):
        return "is a link that leads out of the pack folder"
    if not stat.S_ISREG(mode):
        return "is neither a file nor a folder"
    return None


def _read_bounded(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(MAX_FILE_BYTES + 1)
