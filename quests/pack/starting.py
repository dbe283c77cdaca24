"""A new pack: a small whole one to change, which lints clean and passes its own self-test."""

from __future__ import annotations

import shutil
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from quests.pack.model import Slug

_SKELETON = Path(__file__).with_name("skeleton")
_slug: TypeAdapter[str] = TypeAdapter(Slug)


class UnableToStart(Exception):
    """The new pack cannot be written, for the reason given; nothing was changed."""


def start_pack(*, slug: str, into: Path) -> Path:
    """Write a runnable pack of that slug into a folder of its name below `into`, and return it."""
    try:
        _slug.validate_python(slug)
    except ValidationError as error:
        raise UnableToStart(f"{slug!r} is no slug: small letters, digits and single hyphens, at most 50.") from error
    folder = into / slug
    try:
        into.mkdir(parents=True, exist_ok=True)
        shutil.copytree(_SKELETON, folder)
        manifest = folder / "pack.yaml"
        title = slug.replace("-", " ").capitalize()
        text = manifest.read_text(encoding="utf-8")
        text = text.replace("slug: new-pack", f"slug: {slug}").replace("title: New pack", f'title: "{title}"')
        manifest.write_text(text, encoding="utf-8")
    except FileExistsError as error:
        raise UnableToStart(f"{error.filename or folder} exists already. Nothing was written.") from error
    except OSError as error:
        raise UnableToStart(f"{folder} cannot be written: {error.strerror}.") from error
    return folder
