"""Issuing codes that sign people in without e-mail, and telling whose they are.

A code has about 50 bits and is stored as an HMAC under SECRET_KEY: neither the table nor a guess over the network leads
back to it, and looking it up by its digest tells nothing by its timing.
"""

import hashlib
import hmac
import secrets
import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.domain.audit import record
from accounts.domain.refusals import TooManyAttempts, UnableToIssue, WrongCode
from accounts.enums import CodeKind
from accounts.models import SignInCode, User

# No letters or digits that are mistaken for each other when read from paper.
ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
LENGTH, GROUP = 10, 5
ONE_TIME_LASTS = timedelta(minutes=15)
# A whole room may come in within a minute; 50 bits are far out of reach at this pace.
ATTEMPTS_PER_MINUTE = 600
# Somebody who retypes a wrong code over and over is told to ask for a new one.
SAME_CODE_PER_MINUTE = 10


def issue_return_code(*, now: datetime, user: User, scope: uuid.UUID, actor: uuid.UUID) -> str:
    """Give a guest a new return code for the scope and return it, to be shown once; the former one ends.

    Raises UnableToIssue for somebody with an e-mail address, who signs in by that.
    """
    if user.email:
        raise UnableToIssue(
            _("%(name)s has an e-mail address and signs in with it. Nothing was changed.") % {"name": user.name}
        )
    with transaction.atomic():
        # The person's row is the lock: of two codes issued at once, the later one counts.
        User.objects.select_for_update().get(pk=user.pk)
        SignInCode.objects.filter(user=user, scope=scope, kind=CodeKind.RETURN).delete()
        code = _create(now=now, user=user, scope=scope, kind=CodeKind.RETURN, expires_at=None)
        record(now=now, actor=actor, action="code.return", subject=str(user.id), scope=scope)
    return code


def issue_one_time_code(*, now: datetime, user: User, scope: uuid.UUID, actor: uuid.UUID | None) -> str:
    """Return a code that signs the person in once within a quarter of an hour; earlier ones of the scope end."""
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        SignInCode.objects.filter(user=user, scope=scope, kind=CodeKind.ONE_TIME, used_at__isnull=True).delete()
        code = _create(now=now, user=user, scope=scope, kind=CodeKind.ONE_TIME, expires_at=now + ONE_TIME_LASTS)
        record(now=now, actor=actor, action="code.one_time", subject=str(user.id), scope=scope)
    return code


def redeem_code(*, now: datetime, scope: uuid.UUID, code: str) -> User:
    """Return the person whom the code signs in; a one-time code is used up by it.

    Raises WrongCode, or TooManyAttempts: per code and per scope, never per address, for a room shares one.
    """
    typed = _digests(code)
    hold_back(now=now, what=f"code:{scope}:{typed[0]}", limit=SAME_CODE_PER_MINUTE)
    hold_back(now=now, what=f"scope:{scope}", limit=ATTEMPTS_PER_MINUTE)
    with transaction.atomic():
        found = (
            SignInCode.objects.select_for_update(of=("self",))
            .select_related("user")
            .filter(scope=scope, digest__in=typed)
            .first()
        )
        matches = found is not None and any(hmac.compare_digest(found.digest, digest) for digest in typed)
        if found is None or not matches or not _is_good(found, now):
            raise WrongCode(
                _("This code signs nobody in here: it was mistyped, used already, or replaced. Ask at the help desk.")
            )
        if found.kind == CodeKind.ONE_TIME:
            found.used_at = now
            found.save(update_fields=["used_at"])
        record(now=now, actor=found.user_id, action="code.sign_in", subject=str(found.user_id), scope=scope)
    return found.user


def end_codes(*, user: User) -> None:
    """End every code of somebody who has another way to sign in now, or who is gone."""
    SignInCode.objects.filter(user=user).delete()


def hold_back(*, now: datetime, what: str, limit: int) -> None:
    """Count an attempt in this minute. Raises TooManyAttempts above the limit."""
    key = f"accounts:attempts:{what}:{int(now.timestamp() // 60)}"
    cache.add(key, 0, timeout=120)
    if cache.incr(key) > limit:
        raise TooManyAttempts(_("Too many attempts in this minute. Wait a minute, then try again."))


def _is_good(found: SignInCode, now: datetime) -> bool:
    expired = found.expires_at is not None and found.expires_at <= now
    return found.user.is_active and found.used_at is None and not expired


def _create(*, now: datetime, user: User, scope: uuid.UUID, kind: CodeKind, expires_at: datetime | None) -> str:
    drawn = "".join(secrets.choice(ALPHABET) for _unused in range(LENGTH))
    SignInCode.objects.create(
        user=user, scope=scope, kind=kind, digest=_digests(drawn)[0], created_at=now, expires_at=expires_at
    )
    return f"{drawn[:GROUP]}-{drawn[GROUP:]}"


def _digests(code: str) -> list[str]:
    """Return the code's digests under today's key and the former ones; case, spaces and dashes do not matter."""
    plain = "".join(character for character in code.upper() if character.isalnum()).encode()
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return [hmac.new(f"accounts.codes:{key}".encode(), plain, hashlib.sha256).hexdigest() for key in keys]
