"""Images of a pack's pages: which files they are, what they may be, and what a page's address of one leads to."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping

from pydantic import Field

from quests.pack.model import PackModel

# By their first bytes. A drawing in SVG is a program as much as a picture, and is none of these.
_KINDS = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF87a": "image/gif",
    b"GIF89a": "image/gif",
}


class Image(PackModel):
    """An image as a release holds it: its bytes in base64, and their hexadecimal SHA-256."""

    content_type: str
    digest: str
    data: str = Field(default="", repr=False, description="Empty in what is stored: the bytes have their own row.")

    @property
    def content(self) -> bytes:
        """The image itself."""
        return base64.b64decode(self.data)


def is_asset(file: str) -> bool:
    """Tell whether a file lies in the pack's assets or in a quest's own."""
    match file.split("/"):
        case ["assets", _, *_] | ["quests", _, "assets", _, *_]:
            return True
    return False


def content_type_of(content: bytes) -> str | None:
    """Return what kind of image the bytes are; None for anything that pages do not show."""
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for start, kind in _KINDS.items() if content.startswith(start)), None)


def whole_images(files: Mapping[str, bytes]) -> dict[str, Image]:
    """Return the images among a pack's assets, by their path."""
    images = {}
    for file, content in files.items():
        kind = content_type_of(content) if is_asset(file) else None
        if kind:
            digest = hashlib.sha256(content).hexdigest()
            images[file] = Image(content_type=kind, digest=digest, data=base64.b64encode(content).decode())
    return images


def names_on_pages(files: Iterable[str], quest: str | None) -> dict[str, str]:
    """Return how a page may name the pack's assets, and the file of each; a quest's own come before the pack's."""
    own = f"quests/{quest}/"
    assets = sorted(file for file in files if is_asset(file))
    names = {file: file for file in assets if file.startswith("assets/")}
    return names | {file.removeprefix(own): file for file in assets if quest and file.startswith(own)}
