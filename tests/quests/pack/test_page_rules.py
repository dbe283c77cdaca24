"""What Markdown would not show, or must not, is told with its line."""

import pytest

from quests.pack.page_rules import page_faults

NO_IMAGE = "which is no PNG, JPEG, GIF or WebP image in assets/ of the quest or of the pack"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\nb <script>alert(1)", [(2, "holds HTML (<script…): write Markdown, or put it in backticks to show it")]),
        ("a\n\n<iframe src=x>\n", [(3, "holds HTML (<iframe…): write Markdown, or put it in backticks to show it")]),
        ("<!-- c -->", [(1, "holds HTML (<!--…): write Markdown, or put it in backticks to show it")]),
        ("[x](javascript:alert)", [(1, "links to a javascript: address, which is refused")]),
        ("[x](data:text/html,x)", [(1, "links to a data: address, which is refused")]),
        ("![i](a.png)", [(1, f"shows “a.png”, {NO_IMAGE}")]),
        ("b\n![a *map*](https://x.example/a.png)", [(2, f"shows “https://x.example/a.png”, {NO_IMAGE}")]),
        (
            "![](assets/map.png)",
            [(1, "shows “assets/map.png” without a description: say between the brackets what is to be seen")],
        ),
        ("![a map](assets/map.png)", []),
        (
            '!!! tip "t"\n    [x](other.md)\n',
            [(2, "links to “other.md”, which leads nowhere from a page: write the whole https:// address")],
        ),
        ("[x](https://aws.amazon.com) <https://a.example> `<b>` a < b\n\n```html\n<script>\n```\n", []),
    ],
)
def test_faults_of_a_page(text: str, expected: list[tuple[int, str]]) -> None:
    assert page_faults(text, ["assets/map.png"]) == expected
