"""A roster as a CSV file: read with what people call their columns, written so that no cell is a formula."""

import csv
import io
import re
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from quests.domain.refusals import UnableToImport

LARGEST = 256 * 1024
MOST_ROWS = 1000
_HEADERS = {
    "name": ("name", "fullname", "displayname", "person", "participant"),
    "email": ("email", "mail", "emailaddress", "address"),
    "team": ("team", "teamname", "group"),
    "disciplines": ("disciplines", "discipline", "skills", "roles"),
    "experience": ("experience", "level", "cloudexperience"),
    "bracket": ("bracket", "category", "division"),
}
# What a spreadsheet would calculate with.
FORMULA = ("=", "+", "-", "@", "\t", "\r")
HEADER = ("name", "e-mail", "team", "disciplines", "experience", "bracket")


@dataclass(frozen=True)
class Line:
    """One row of the file as it was typed; `number` is its line, the header being 1."""

    number: int
    name: str = ""
    email: str = ""
    team: str = ""
    disciplines: str = ""
    experience: str = ""
    bracket: str = ""


def decode_roster(data: bytes) -> str:
    """Return the text of an uploaded file: UTF-8, with or without its mark. Raises UnableToImport."""
    if len(data) > LARGEST:
        raise UnableToImport(_("The file is larger than %(kib)s KiB. Split it.") % {"kib": LARGEST // 1024})
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnableToImport(_("The file is not UTF-8 text. Save it as “CSV UTF-8”, and choose it again.")) from error
    if "\0" in text:
        raise UnableToImport(_("The file is no text. Save it as “CSV UTF-8”, and choose it again."))
    return text


def read_roster(text: str) -> list[Line]:
    """Return the rows of a roster whose first line names its columns, split at comma, semicolon or tab.

    Raises UnableToImport for what is no such table, has no column for addresses, or is too long.
    """
    if len(text.encode()) > LARGEST:
        raise UnableToImport(_("The file is larger than %(kib)s KiB. Split it.") % {"kib": LARGEST // 1024})
    head = text.lstrip("\ufeff").split("\n", 1)[0]
    delimiter = max(",;\t", key=head.count)
    reader = csv.reader(io.StringIO(text.lstrip("\ufeff"), newline=""), delimiter=delimiter, strict=True)
    try:
        columns = _columns(next(reader, []))
        rows = [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise UnableToImport(
            _("Line %(line)s cannot be read as CSV: %(error)s.") % {"line": reader.line_num, "error": error}
        ) from error
    if len(rows) > MOST_ROWS:
        raise UnableToImport(_("The file has more than %(most)s people. Split it.") % {"most": MOST_ROWS})
    if not rows:
        raise UnableToImport(_("The file has a header and nobody below it."))
    return [
        Line(number, **{name: _cell(row[at]) for name, at in columns.items() if at < len(row)}) for number, row in rows
    ]


def write_roster(people: list[list[str]]) -> str:
    """Return rows under the roster's header as CSV in which no cell is a formula; `read_roster` reads it."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(HEADER)
    writer.writerows([[_harmless(cell) for cell in row] for row in people])
    return out.getvalue()


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.lstrip().startswith(FORMULA) or cell.startswith(FORMULA) else cell


def _cell(cell: str) -> str:
    plain = " ".join(cell.split())
    return plain[1:] if plain.startswith("'") and plain[1:].startswith(FORMULA) else plain


def _columns(header: list[str]) -> dict[str, int]:
    named = [re.sub(r"[^a-z]", "", cell.casefold()) for cell in header]
    columns: dict[str, int] = {}
    for name, ways in _HEADERS.items():
        found = [at for at, word in enumerate(named) if word in ways]
        if len(found) > 1:
            raise UnableToImport(_("Two columns are called %(name)s. Keep one of them.") % {"name": name})
        if found:
            columns[name] = found[0]
    missing = [name for name in ("name", "email") if name not in columns]
    if missing:
        raise UnableToImport(
            _("The first line must name the columns; this is missing: %(names)s. It may name: %(all)s.")
            % {"names": ", ".join(missing), "all": ", ".join(HEADER)}
        )
    return columns


def roster_rows(people: list[Any]) -> list[list[str]]:
    """Return what an export has of each participant (quests.domain.queries.people.Person)."""
    return [
        [
            person.user.name,
            person.user.email or "",
            person.team.name if person.team else "",
            ", ".join(person.user.disciplines),
            str(person.user.experience or ""),
            person.team.bracket if person.team else "",
        ]
        for person in people
        if person.participation
    ]
