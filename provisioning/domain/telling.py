"""Delivering notices to the operators: by mail and to a webhook, together and at most once a minute."""

import asyncio
import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

import aiohttp
import structlog
from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db import connection, transaction
from django.db.models import F, Max, Q
from django.urls import reverse

from accounts.models import User
from provisioning.aws.hub import is_loopback
from provisioning.domain import claims
from provisioning.models import Notice

log = structlog.get_logger(__name__)

PACE = timedelta(minutes=1)
BATCH = 200
WEBHOOK_SECONDS = 10
ERROR_LENGTH = 300
_LOCK = 7_401_009
_SHOWN = 20


class NotTaken(Exception):
    """The operators were not reached this way; trying again may help."""


@dataclass(frozen=True)
class Channels:
    """Where notices go on this installation."""

    addresses: list[str]
    webhook: str

    @property
    def none(self) -> bool:
        """Whether nobody can be told: then the pages alone show the notices."""
        return not self.addresses and not self.webhook


def is_due(*, now: datetime) -> bool:
    """Tell whether a delivery would find something to do; cheap enough for every tick."""
    return _waiting(now).exists() and _pause(now) is None


def deliver_due(*, now: datetime) -> int:
    """Send all that waits as one mail and one call of the webhook; return how many notices were told completely.

    A channel that does not take them keeps them waiting, longer each time; the other is not asked again. One worker
    delivers at a time, and a minute lies between two deliveries, so that a storm of troubles is one message.
    """
    claimed = _claim(now)
    if not claimed:
        return 0
    channels = _channels()
    wanting_mail = [notice for notice in claimed if notice.mailed_at is None and channels.addresses]
    wanting_post = [notice for notice in claimed if notice.posted_at is None and channels.webhook]
    failures: dict[int, list[str]] = {}
    if wanting_mail:
        _try(wanting_mail, failures, "mail", lambda: _mail(wanting_mail, channels.addresses))
    if wanting_post:
        _try(wanting_post, failures, "webhook", lambda: _post(now, wanting_post, channels.webhook))
    mailed, posted = {each.pk for each in wanting_mail}, {each.pk for each in wanting_post}
    told = 0
    for notice in claimed:
        problems = failures.get(notice.pk, [])
        said = [each.partition(":")[0] for each in problems]
        changes: dict[str, Any] = {"claimed_until": None, "error": "; ".join(problems)}
        if notice.pk in mailed and "mail" not in said:
            changes["mailed_at"] = now
        if notice.pk in posted and "webhook" not in said:
            changes["posted_at"] = now
        if problems:
            changes |= {"attempts": notice.attempts + 1, "due_at": now + claims.backoff(notice.attempts + 1)}
        else:
            changes["due_at"] = None
            told += not channels.none
            if channels.none:
                changes["error"] = "nobody to tell: no active staff member has an address, and there is no webhook"
        _write(notice, changes)
    return told


def _write(notice: Notice, changes: dict[str, Any]) -> None:
    try:
        claims.write(notice, **changes)
    except claims.ClaimLost as lost:
        log.info("claim lost", reason=str(lost))


def _waiting(now: datetime) -> Any:
    unclaimed = Q(claimed_until__isnull=True) | Q(claimed_until__lte=now)
    return Notice.objects.filter(unclaimed, due_at__lte=now, over_at=None)


def _pause(now: datetime) -> str | None:
    """Say why nothing is sent now: somebody is at it, or the last delivery is less than a minute old."""
    if Notice.objects.filter(claimed_until__gt=now).exists():
        return "another worker is delivering"
    last = Notice.objects.aggregate(mailed=Max("mailed_at"), posted=Max("posted_at"))
    recent = [moment for moment in last.values() if moment is not None and moment > now - PACE]
    return "the last delivery was less than a minute ago" if recent else None


def _claim(now: datetime) -> list[Notice]:
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        if _pause(now) is not None:
            return []
        due = list(_waiting(now).order_by("created_at", "pk").values_list("pk", flat=True)[:BATCH])
        Notice.objects.filter(pk__in=due).update(version=F("version") + 1, claimed_until=now + claims.WORK_HOLD)
        return list(Notice.objects.filter(pk__in=due).order_by("created_at", "pk"))


def _channels() -> Channels:
    addresses = list(settings.OPERATOR_EMAILS)
    if not addresses:
        staff = User.objects.filter(is_staff=True, is_active=True, email__isnull=False)
        addresses = [str(email) for email in staff.order_by("email").values_list("email", flat=True)]
    return Channels(addresses, settings.OPERATOR_WEBHOOK_URL)


def _try(notices: list[Notice], failures: dict[int, list[str]], channel: str, send: Any) -> None:
    try:
        send()
    except Exception as error:  # noqa: BLE001  (mail servers fail in many ways; the notices wait and are shown)
        words = f"{channel}: {str(error) or type(error).__name__}"[:ERROR_LENGTH]
        log.warning("operators not told", channel=channel, error=words, notices=len(notices))
        for notice in notices:
            failures.setdefault(notice.pk, []).append(words)


def _mail(notices: list[Notice], addresses: list[str]) -> None:
    """Write to each operator alone, so that one bad address keeps nobody else from being told."""
    refused = []
    backend = get_connection()
    backend.open()
    try:
        for address in addresses:
            try:
                EmailMessage(subject(notices), text(notices), to=[address], connection=backend).send()
            except OSError as error:  # What smtplib raises, too.
                refused.append(f"{address}: {error}")
    finally:
        backend.close()
    if len(refused) == len(addresses):
        raise NotTaken("; ".join(refused))
    if refused:
        log.warning("some operators were not told", refused=refused)


def subject(notices: list[Notice]) -> str:
    """Write a mail's subject."""
    if len(notices) == 1:
        return f"[GameDay Labs] {' '.join(notices[0].title.split())}"
    return f"[GameDay Labs] {len(notices)} things need a person"


def text(notices: list[Notice]) -> str:
    """Write what is told, the same in the mail and in the webhook's text."""
    parts = [f"{notice.title}\n{notice.text}\n{address_of(notice.subject)}" for notice in notices[:_SHOWN]]
    if len(notices) > _SHOWN:
        parts.append(f"and {len(notices) - _SHOWN} more: {settings.PUBLIC_BASE_URL}{reverse('staff')}")
    return "\n\n".join(parts)


def path_of(about: str) -> str:
    """Return the path of the staff page about a notice's subject."""
    kind, _, reference = about.partition(":")
    if kind in ("account", "lease") and reference and "/" not in reference:
        return reverse(f"staff_{kind}", args=[reference])
    if kind == "event" and reference:
        return f"{reverse('staff_leases')}?{urlencode({'scope': reference})}"
    return reverse("staff")


def address_of(about: str) -> str:
    """Return the whole address of the staff page about a notice's subject."""
    return f"{settings.PUBLIC_BASE_URL}{path_of(about)}"


def webhook_problem(url: str) -> str:
    """Say why a webhook address is not acceptable; empty if it is: https to anywhere, plain http only to loopback."""
    parts = urlsplit(url)
    if not parts.hostname or parts.scheme not in ("http", "https"):
        return "it is not an http or https address"
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        return "plain http is accepted only for loopback"
    return ""


def _post(now: datetime, notices: list[Notice], url: str) -> None:
    problem = webhook_problem(url)
    if problem:
        raise NotTaken(f"OPERATOR_WEBHOOK_URL is not used: {problem}")
    body = json.dumps(
        {
            "text": f"{subject(notices)}\n\n{text(notices)}",
            "notices": [
                {
                    "key": notice.key,
                    "subject": notice.subject,
                    "title": notice.title,
                    "text": notice.text,
                    "at": notice.created_at.isoformat(),
                    "url": address_of(notice.subject),
                }
                for notice in notices
            ],
        }
    ).encode()
    headers = {"Content-Type": "application/json", **signature(body, at=now, secret=settings.OPERATOR_WEBHOOK_SECRET)}
    asyncio.run(_send(url, body, headers))


def signature(body: bytes, *, at: datetime, secret: str) -> dict[str, str]:
    """Return the headers by which the receiver knows us: HMAC-SHA256 over "TIMESTAMP.BODY"; none without a secret."""
    if not secret:
        return {}
    moment = str(int(at.timestamp()))
    digest = hmac.new(secret.encode(), moment.encode() + b"." + body, hashlib.sha256).hexdigest()
    return {"X-GameDay-Timestamp": moment, "X-GameDay-Signature": f"sha256={digest}"}


async def _send(url: str, body: bytes, headers: dict[str, str]) -> None:
    # The whole exchange is bounded in time; neither proxies of the environment nor redirects lead it elsewhere.
    timeout = aiohttp.ClientTimeout(total=WEBHOOK_SECONDS)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout, trust_env=False) as session,
            session.post(url, data=body, headers=headers, allow_redirects=False) as answer,
        ):
            if not 200 <= answer.status < 300:
                raise NotTaken(f"the webhook answered {answer.status}")
    except TimeoutError as error:
        raise NotTaken(f"the webhook did not answer within {WEBHOOK_SECONDS} s") from error
    except aiohttp.ClientError as error:
        raise NotTaken(f"the webhook cannot be reached: {type(error).__name__}") from error
