"""Personal tokens for the API: issuing them, telling whose they are, ending them.

A token has 256 bits and is stored as an HMAC under SECRET_KEY, so that the table alone leads nobody in.
"""

import hashlib
import hmac
import secrets
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.domain.audit import record
from accounts.domain.refusals import UnableToIssue
from accounts.enums import Scope
from accounts.models import PersonalToken, User

PREFIX = "gdl_"
MOST_TOKENS = 50
LONGEST = timedelta(days=366)
# When a token was last used is told to the minute, so that a busy program does not write with every call.
USED_EVERY = timedelta(minutes=1)


def issue_token(*, now: datetime, user: User, name: str, scopes: Sequence[Scope], lasts: timedelta) -> str:
    """Give the person a new token and return it, to be shown once.

    Raises UnableToIssue for a token without scopes or without a fair end, and for the one after the fiftieth.
    """
    if not scopes or not timedelta(0) < lasts <= LONGEST:
        raise UnableToIssue(_("A token is for something, and lasts at most a year. Nothing was changed."))
    text = PREFIX + secrets.token_urlsafe(32)
    with transaction.atomic():
        # The person's row is the lock: two clicks at once do not pass the limit together.
        User.objects.select_for_update().get(pk=user.pk)
        if len(live_tokens(now=now, user=user)) >= MOST_TOKENS:
            raise UnableToIssue(
                _("You have %(most)s tokens already: revoke one that you do not use. Nothing was changed.")
                % {"most": MOST_TOKENS}
            )
        token = PersonalToken.objects.create(
            user=user,
            name=name,
            scopes=[str(scope) for scope in scopes],
            digest=_digests(text)[0],
            created_at=now,
            expires_at=now + lasts,
        )
        record(
            now=now,
            actor=user.id,
            action="token.issue",
            subject=f"token:{token.pk}",
            scopes=token.scopes,
            expires_at=token.expires_at.isoformat(),
        )
    return text


def live_tokens(*, now: datetime, user: User) -> list[PersonalToken]:
    """Return the person's tokens that are good now, the newest first."""
    return list(user.tokens.filter(revoked_at__isnull=True, expires_at__gt=now))


def revoke_token(*, now: datetime, user: User, key: uuid.UUID) -> bool:
    """End one of the person's tokens; tell whether it was good."""
    if not user.tokens.filter(pk=key, revoked_at__isnull=True).update(revoked_at=now):
        return False
    record(now=now, actor=user.id, action="token.revoke", subject=f"token:{key}")
    return True


def token_of(*, now: datetime, text: str) -> PersonalToken | None:
    """Return the token if it is good, with its person; None for one that is unknown, over, revoked or of nobody."""
    token = (
        PersonalToken.objects.select_related("user")
        .filter(digest__in=_digests(text), revoked_at__isnull=True, expires_at__gt=now, user__is_active=True)
        .first()
    )
    if token is None:
        return None
    long_ago = Q(last_used_at__isnull=True) | Q(last_used_at__lte=now - USED_EVERY)
    PersonalToken.objects.filter(long_ago, pk=token.pk).update(last_used_at=now)
    return token


def end_tokens(*, user: User) -> None:
    """End every token of somebody who is gone."""
    user.tokens.all().delete()


def _digests(text: str) -> list[str]:
    """Return the token's digests under today's key and the former ones."""
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return [
        hmac.new(f"accounts.tokens:{key}".encode(), text.encode(errors="replace"), hashlib.sha256).hexdigest()
        for key in keys
    ]
