"""Rows for people: aligned on a terminal, one line with tabs between the cells in a pipe."""

from collections.abc import Sequence

from django.core.management.base import OutputWrapper

_WIDEST = 60


def write_table(out: OutputWrapper, headers: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Write rows with a header, cut to be read; in a pipe without header and uncut, so that `cut` and `awk` work."""
    plain = [[" ".join(cell.split()) for cell in row] for row in rows]
    if not out.isatty():
        for row in plain:
            out.write("\t".join(row) + "\n")
        return
    shown = [[_cut(cell) for cell in row] for row in plain]
    widths = [max([len(header), *(len(row[place]) for row in shown)]) for place, header in enumerate(headers)]
    for row in [[header.upper() for header in headers], *shown]:
        out.write("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() + "\n")


def write_facts(out: OutputWrapper, facts: Sequence[tuple[str, str]]) -> None:
    """Write names and values one a line, leaving out what is empty."""
    told = [(name, value) for name, value in facts if value]
    width = max((len(name) for name, _ in told), default=0)
    for name, value in told:
        out.write(f"{name.ljust(width)}  {value}\n" if out.isatty() else f"{name}\t{value}\n")


def _cut(cell: str) -> str:
    return cell if len(cell) <= _WIDEST else f"{cell[: _WIDEST - 1]}…"
