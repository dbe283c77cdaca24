"""Mail of an installation without a mail server: written to a folder and to the log, read in the staff pages."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from email.utils import parsedate_to_datetime
from pathlib import Path

import structlog
from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.filebased import EmailBackend

BACKEND = "labs.mail.FolderBackend"
SHOWN = 50
MAXIMUM_BYTES = 1_000_000
# Django names the files by the second and the sender's address in memory, and puts this line after each letter.
_FILE_NAME = re.compile(r"\d{8}-\d{6}-\d+\.log")
_BETWEEN = re.compile(rb"^-{79}\n(?=Content-Type: |\Z)", re.MULTILINE)
log = structlog.get_logger(__name__)


class FolderBackend(EmailBackend):
    """Django's mail to files, with a line in the log that says to whom; never with the text, which may hold keys."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Write the messages and return how many."""
        written = super().send_messages(email_messages) or 0
        for message in email_messages:
            log.info("mail.written", to=message.recipients(), subject=message.subject, folder=str(self.file_path))
        return written


@dataclass(frozen=True)
class Letter:
    """One mail as it was written; `text` is its plain part, as untrusted as whatever people typed into it."""

    name: str
    at: datetime
    sender: str
    to: str
    subject: str
    text: str


def mail_folder() -> Path | None:
    """Return the folder that mail is written to; None where it goes to a mail server."""
    # Django knows this setting only where it is set.
    folder: str | None = getattr(settings, "EMAIL_FILE_PATH", None)
    return Path(folder) if folder and settings.EMAIL_BACKEND == BACKEND else None


def letters(folder: Path) -> list[Letter]:
    """Return the folder's latest letters, newest first, at most SHOWN."""
    found: list[Letter] = []
    for path in sorted(_files(folder), reverse=True):
        found += reversed(_letters_of(path))
        if len(found) >= SHOWN:
            break
    found.sort(key=lambda letter: letter.at, reverse=True)
    return found[:SHOWN]


def _files(folder: Path) -> list[Path]:
    """Return what the backend wrote; links and foreign files are passed over."""
    if not folder.is_dir():
        return []
    return [
        path
        for path in folder.iterdir()
        if _FILE_NAME.fullmatch(path.name) and path.is_file() and not path.is_symlink()
    ]


def _letters_of(path: Path) -> list[Letter]:
    with path.open("rb") as stream:
        content = stream.read(MAXIMUM_BYTES)
    parts = [part for part in _BETWEEN.split(content) if part.strip()]
    written_at = datetime.fromtimestamp(path.stat().st_mtime, tz=UTC)
    return [_letter(f"{path.stem}-{number}", part, written_at) for number, part in enumerate(parts, start=1)]


def _letter(name: str, content: bytes, written_at: datetime) -> Letter:
    message = message_from_bytes(content)
    return Letter(
        name=name,
        at=_date(message) or written_at,
        sender=_header(message, "From"),
        to=_header(message, "To"),
        subject=_header(message, "Subject"),
        text=_text(message),
    )


def _header(message: Message, name: str) -> str:
    raw = str(message.get(name, ""))
    try:
        return str(make_header(decode_header(raw)))
    except (ValueError, LookupError):
        return raw


def _date(message: Message) -> datetime | None:
    try:
        at = parsedate_to_datetime(_header(message, "Date"))
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _text(message: Message) -> str:
    for part in message.walk():
        if part.get_content_type() == "text/plain":
            payload = part.get_payload(decode=True)
            return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""
    return ""
