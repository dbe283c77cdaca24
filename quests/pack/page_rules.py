"""What Markdown of a pack must keep to: no HTML, no scripts, and links that lead somewhere."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator

from markdown_it import MarkdownIt
from markdown_it.token import Token

from quests.pack.markdown import LINK_SCHEMES, with_extensions

# Reads HTML and every address as such, only so that they can be named; pages are rendered without either.
_SUSPICIOUS = with_extensions(MarkdownIt("commonmark", {"html": True}))
_SUSPICIOUS.validateLink = lambda url: True  # type: ignore[method-assign]
_TAG = re.compile(r"<[!/?]?[a-zA-Z-]*")
_SCHEME = re.compile(r"\s*([a-zA-Z][a-zA-Z0-9+.-]*)\s*:")


def page_faults(text: str, images: Collection[str] = ()) -> list[tuple[int, str]]:
    """Return what is wrong with a Markdown text, with its line from 1; none when all of it will be shown.

    `images` are the names under which it may show some.
    """
    return list(_faults(_SUSPICIOUS.parse(text), 1, images))


def _faults(tokens: Iterable[Token], line: int, images: Collection[str]) -> Iterator[tuple[int, str]]:
    for token in tokens:
        line = token.map[0] + 1 if token.map else line
        if token.type in {"html_block", "html_inline"}:
            found = _TAG.search(token.content)
            tag = found[0] if found else "<"
            yield line, f"holds HTML ({tag}…): write Markdown, or put it in backticks to show it"
        elif token.type == "image":
            if fault := _image_fault(token, images):
                yield line, fault
        elif token.type == "link_open":
            if fault := _link_fault(str(token.attrs.get("href", ""))):
                yield line, fault
        elif token.type in {"softbreak", "hardbreak"}:
            line += 1
        if token.type != "image":  # What is inside is its description.
            yield from _faults(token.children or (), line, images)


def _image_fault(token: Token, images: Collection[str]) -> str | None:
    source = str(token.attrs.get("src", ""))
    if source not in images:
        return f"shows “{source}”, which is no PNG, JPEG, GIF or WebP image in assets/ of the quest or of the pack"
    if not token.content.strip():
        return f"shows “{source}” without a description: say between the brackets what is to be seen"
    return None


def _link_fault(address: str) -> str | None:
    scheme = _SCHEME.match(address)
    if scheme and scheme[1].lower() in LINK_SCHEMES:
        return None
    if scheme:
        return f"links to a {scheme[1].lower()}: address, which is refused"
    return f"links to “{address}”, which leads nowhere from a page: write the whole https:// address"
