"""Packs' Markdown becomes safe HTML."""

from __future__ import annotations

import pytest

from quests.pack import render_markdown


def test_tables_code_and_notes_are_rendered() -> None:
    html = render_markdown('!!! tip "Do"\n    it\n\n| a |\n|---|\n| 1 |\n\n```sh\nls\n```\n')
    assert '<div class="admonition tip">\n<p class="admonition-title">Do</p>\n<p>it</p>\n</div>' in html
    assert "<td>1</td>" in html
    assert '<pre><code class="language-sh">ls\n</code></pre>' in html


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "![x](https://tracker.example/x.png)",
        '<a href="https://x.example" style="position:fixed">x</a>',
        '!!! "><script>" x\n    y',
    ],
)
def test_nothing_active_comes_through(hostile: str) -> None:
    html = render_markdown(hostile).lower()
    for active in ("<script", "<img", "<a ", 'href="javascript', "<style"):
        assert active not in html


def test_values_are_shown_as_they_are_in_text_and_code() -> None:
    html = render_markdown(
        "Say ${outputs.A}, `${outputs.A}`.\n\n```sh\nrun ${outputs.A} ${HOME}\n```", {"outputs.A": "a*b*<i>"}
    )
    assert html == (
        "<p>Say a*b*&lt;i&gt;, <code>a*b*&lt;i&gt;</code>.</p>\n"
        '<pre><code class="language-sh">run a*b*&lt;i&gt; ${HOME}\n</code></pre>\n'
    )


def test_only_the_packs_own_images_are_shown() -> None:
    html = render_markdown("![A *map*](assets/map.png) ![b](x.png)", images={"assets/map.png": "/images/d0d0/"})
    assert html == '<p><img src="/images/d0d0/" alt="A map"> b</p>\n'
