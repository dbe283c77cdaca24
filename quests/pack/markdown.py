"""Markdown of packs as safe HTML: tables, fenced code, notes (`!!! tip "Title"`), own images; no raw HTML."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.admon import admon_plugin

from quests.pack.placeholders import substitute_known

_ADMONITIONS = {"admonition", "note", "tip", "warning", "danger", "story", "is-collapsible"}
_LANGUAGES = {f"language-{name}" for name in ("sh", "bash", "console", "json", "yaml", "python", "text", "http")}
_TAGS = (
    "h1 h2 h3 h4 h5 h6 p br hr em strong s code pre blockquote ul ol li a "
    "table thead tbody tr th td div details summary img"
)
LINK_SCHEMES = frozenset({"http", "https", "mailto"})
_CLEANER = nh3.Cleaner(
    tags=set(_TAGS.split()),
    attributes={"a": {"href", "title"}, "ol": {"start"}, "img": {"src", "alt"}},
    allowed_classes={
        "div": _ADMONITIONS,
        "p": {"admonition-title"},
        "code": _LANGUAGES,
    },
    url_schemes=set(LINK_SCHEMES),
    link_rel="noopener noreferrer",
)


def with_extensions(markdown: MarkdownIt) -> MarkdownIt:
    """Teach a parser what packs' Markdown has beyond CommonMark."""
    return markdown.enable(["table", "strikethrough"]).use(admon_plugin)


_MARKDOWN = with_extensions(MarkdownIt("commonmark", {"html": False, "linkify": False}))


def render_markdown(
    text: str, variables: Mapping[str, object] | None = None, images: Mapping[str, str] | None = None
) -> str:
    """Return the Markdown as sanitised HTML.

    `images` gives the address of each image that the text may show, by its name there; of any other only its
    description is left.

    Known `${...}` placeholders in running text and code are filled in after parsing, so that a value is
    always shown as it is and never becomes Markdown or HTML; unknown ones stay visible.
    """
    tokens = _MARKDOWN.parse(text)
    _place_images(tokens, images or {})
    if variables:
        _fill(tokens, variables)
    return _CLEANER.clean(_MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {}))


def _place_images(tokens: Iterable[Token], images: Mapping[str, str]) -> None:
    for token in tokens:
        if token.type == "image":
            address = images.get(str(token.attrs.get("src")))
            if address is None:
                token.type, token.tag, token.attrs = "text", "", {}
            else:
                token.attrs["src"] = address
        else:
            _place_images(token.children or (), images)


def _fill(tokens: Iterable[Token], variables: Mapping[str, object]) -> None:
    for token in tokens:
        if token.type in {"text", "code_inline", "fence", "code_block"}:
            token.content = substitute_known(token.content, variables)
        _fill(token.children or (), variables)
