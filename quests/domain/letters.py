"""Writing to people of an event: a row per letter, sent by a worker, once."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from smtplib import SMTPException
from zoneinfo import ZoneInfo

import structlog
from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import F
from django.urls import reverse
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import User
from quests.domain.calendars import calendar_of
from quests.enums import LetterKind
from quests.models import Event, Letter, Participation
from quests.signals import work_due

log = structlog.get_logger(__name__)

CLAIM = timedelta(minutes=2)
AGAIN_AFTER = timedelta(minutes=5)
MOST_TRIES = 5


def write_letters(*, now: datetime, event: Event, users: Iterable[User], kind: LetterKind, number: int = 0) -> None:
    """Let each of these people who has an address get a letter; who has this one already gets none."""
    Letter.objects.bulk_create(
        (
            Letter(event=event, user=user, kind=kind, number=number, created_at=now, due_at=now)
            for user in users
            if user.email and user.is_active
        ),
        ignore_conflicts=True,
    )
    work_due.send(sender=Letter)


def claim_letters(*, now: datetime, limit: int) -> list[int]:
    """Claim letters that are due and return their ids; what is not sent within the claim is due again."""
    due = Letter.objects.filter(due_at__lte=now).order_by("due_at", "id")[:limit]
    claimed = []
    for key, due_at in list(due.values_list("id", "due_at")):
        # Of two ticks at once only one still finds the old time.
        if Letter.objects.filter(pk=key, due_at=due_at).update(due_at=now + CLAIM):
            claimed.append(key)
    return claimed


def send_letter(*, now: datetime, letter: int) -> bool:
    """Send a letter unless somebody else has; return whether this call did.

    It is marked before it is sent: after a crash in between it is lost rather than doubled. A mail server that says no
    is asked again later, up to five times.
    """
    if not Letter.objects.filter(pk=letter, due_at__isnull=False).update(due_at=None, sent_at=now):
        return False
    row = Letter.objects.select_related("event__release", "user").get(pk=letter)
    if not row.user.email or not row.user.is_active:
        # The person has left for good since it was written.
        Letter.objects.filter(pk=letter).update(sent_at=None)
        return False
    try:
        _message(now, row).send()
    except (SMTPException, OSError) as error:
        tries = row.tries + 1
        Letter.objects.filter(pk=letter).update(
            sent_at=None, tries=F("tries") + 1, due_at=now + AGAIN_AFTER * 2**row.tries if tries < MOST_TRIES else None
        )
        log.warning("letter.not_sent", letter=letter, tries=tries, error=type(error).__name__)
        return False
    return True


def _message(now: datetime, letter: Letter) -> EmailMessage:
    event, user = letter.event, letter.user
    with translation.override(user.language):
        subject, text = (_invitation if letter.kind == LetterKind.INVITATION else _new_time)(event, user)
        message = EmailMessage(f"{settings.ACCOUNT_EMAIL_SUBJECT_PREFIX}{subject}", text, to=[str(user.email)])
        message.attach("event.ics", calendar_of(now=now, event=event), "text/calendar")
    return message


def _invitation(event: Event, user: User) -> tuple[str, str]:
    own = Participation.objects.filter(event=event, user=user).select_related("enrollment").first()
    team = own.enrollment.name if own and own.enrollment else ""
    said = _facts(event, user)
    lines = [
        _("Hello %(name)s,") % said,
        _("you are invited to %(event)s (%(game)s).") % said,
        _("It begins %(when)s and ends %(until)s. The attached file puts it into your calendar.") % said,
    ]
    if team:
        lines.append(_("Your team is %(team)s.") % {"team": team})
    lines.append(_("Sign in with this address, %(email)s; you get a code by e-mail, and need no password:") % said)
    lines.append(said["link"])
    return _("You are invited to %(event)s") % said, "\n\n".join(lines) + "\n"


def _new_time(event: Event, user: User) -> tuple[str, str]:
    said = _facts(event, user)
    lines = [
        _("Hello %(name)s,") % said,
        _("%(event)s has another time: it begins %(when)s and ends %(until)s.") % said,
        _("The attached file moves the entry in your calendar. Teams and places stay as they are."),
        f"{settings.PUBLIC_BASE_URL}{reverse('event', args=[event.slug])}",
    ]
    return _("%(event)s has another time") % said, "\n\n".join(lines) + "\n"


def _facts(event: Event, user: User) -> dict[str, str]:
    return {
        "name": user.name,
        "event": event.name,
        "game": event.release.title,
        "when": moment_in_words(event.starts_at, event.time_zone),
        "until": moment_in_words(event.ends_at, event.time_zone),
        "link": f"{settings.PUBLIC_BASE_URL}{reverse('account_request_login_code')}?next="
        f"{reverse('event', args=[event.slug])}",
        "email": str(user.email),
    }


def moment_in_words(at: datetime, zone: str) -> str:
    """Return a moment on a zone's own clock, with the zone's name."""
    return f"{date_format(at.astimezone(ZoneInfo(zone)), 'DATETIME_FORMAT')} ({zone})"
