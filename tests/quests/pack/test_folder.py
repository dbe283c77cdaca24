"""The folder is read within limits, and its hash depends on names and contents alone."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from quests.pack import PackError, content_hash
from quests.pack.folder import MAX_FILE_BYTES, read_folder


def messages(folder: Path) -> list[str]:
    with pytest.raises(PackError) as caught:
        read_folder(folder)
    return [f"{problem.file}: {problem.message}" for problem in caught.value.problems]


def test_links_out_of_the_folder_are_refused(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("mine")
    folder = tmp_path / "pack"
    folder.mkdir()
    (folder / "body.md").symlink_to(secret)
    (folder / "above").symlink_to(tmp_path)
    (folder / "nowhere").symlink_to(tmp_path / "absent")
    assert messages(folder) == [
        "above: is a link that leads out of the pack folder",
        "body.md: is a link that leads out of the pack folder",
        "nowhere: is a link that leads nowhere",
    ]


def test_a_link_inside_the_folder_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("text")
    (tmp_path / "b.md").symlink_to(tmp_path / "a.md")
    assert read_folder(tmp_path) == {"a.md": b"text", "b.md": b"text"}


def test_pipes_and_large_files_are_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "large.md").write_bytes(b"x" * (MAX_FILE_BYTES + 1))
    assert messages(tmp_path) == ["large.md: is larger than 256 kB", "pipe: is neither a file nor a folder"]


def test_the_hash_follows_names_and_contents_only(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    for folder, names in ((first, ["a", "b"]), (second, ["b", "a"])):
        folder.mkdir()
        for name in names:
            (folder / name).write_text(name)
    (second / ".hidden").write_text("left out")
    same = content_hash(first)
    assert content_hash(second) == same
    (second / "a").write_text("")
    (second / "b").write_text("ab")
    assert content_hash(second) != same
