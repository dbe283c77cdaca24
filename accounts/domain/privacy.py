"""What is known about a person, and forgetting it."""

from datetime import datetime
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.domain.audit import record
from accounts.domain.codes import end_codes
from accounts.domain.devices import device_of
from accounts.domain.refusals import UnableToErase
from accounts.domain.sessions import end_sessions
from accounts.domain.tokens import end_tokens
from accounts.models import AuditEntry, User

# What pages show where a name stood.
GONE = "Somebody who left"


def everything_about(user: User) -> dict[str, Any]:
    """Return what accounts keep about the person as plain data; times are ISO 8601 in UTC, secrets are left out."""
    return {
        "person": {
            "id": str(user.id),
            "name": user.name,
            "email": user.email,
            "time_zone": user.time_zone,
            "language": user.language,
            "disciplines": user.disciplines,
            "experience": user.experience,
            "staff": user.is_staff,
            "joined": user.date_joined.isoformat(),
            "last_sign_in": user.last_login.isoformat() if user.last_login else None,
        },
        "addresses": [
            {"email": address.email, "verified": address.verified, "primary": address.primary}
            for address in EmailAddress.objects.filter(user=user).order_by("id")
        ],
        "second_factors": [
            {"kind": factor.type, "added": factor.created_at.isoformat()}
            for factor in Authenticator.objects.filter(user=user).order_by("id")
        ],
        "connected_accounts": [
            {"id": account.uid, "told": account.extra_data}
            for account in SocialAccount.objects.filter(user=user).order_by("id")
        ],
        "sessions": [
            {
                "device": device_of(session.user_agent),
                "user_agent": session.user_agent,
                "address": session.ip,
                "since": session.created_at.isoformat(),
                "last_seen": session.last_seen_at.isoformat(),
            }
            for session in UserSession.objects.filter(user=user).order_by("id")
        ],
        "tokens": [
            {
                "name": token.name,
                "scopes": token.scopes,
                "since": token.created_at.isoformat(),
                "expires": token.expires_at.isoformat(),
                "last_used": token.last_used_at.isoformat() if token.last_used_at else None,
            }
            for token in user.tokens.order_by("created_at", "id")
        ],
        "teams": [
            {"team": membership.team.name, "captain": membership.is_captain, "since": membership.joined_at.isoformat()}
            for membership in user.memberships.select_related("team").order_by("joined_at")
        ],
        "journal": [
            {"at": entry.at.isoformat(), "action": entry.action, "subject": entry.subject, "details": entry.details}
            for entry in AuditEntry.objects.filter(actor=user.id).order_by("at", "id")
        ],
    }


def erase_person(*, now: datetime, user: User, actor: User | None) -> None:
    """Empty the person's row and end every way in; facts and journal keep the opaque id.

    Raises UnableToErase for the last member of staff who could run the installation.
    """
    with transaction.atomic():
        # Two of the last members of staff who leave at the same moment meet at this lock.
        staff = set(User.objects.select_for_update().filter(is_staff=True, is_active=True).values_list("pk", flat=True))
        if staff == {user.pk}:
            raise UnableToErase(
                _("You are the last member of staff: make somebody else one first. Nothing was changed.")
            )
        end_sessions(now=now, user=user, actor=actor)
        end_codes(user=user)
        end_tokens(user=user)
        for owned in (EmailAddress, Authenticator, SocialAccount):
            owned.objects.filter(user=user).delete()
        user.memberships.all().delete()
        user.email, user.name, user.time_zone, user.language = None, GONE, "UTC", "en"
        user.disciplines, user.experience, user.last_login = [], None, None
        user.is_active = user.is_staff = user.is_superuser = False
        user.set_unusable_password()
        # Receivers of this signal end the person's access to sandboxes.
        user.save()
        record(now=now, actor=actor.id if actor else None, action="person.erase", subject=str(user.id))
