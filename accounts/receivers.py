"""What follows when somebody proves an address or adds a second factor."""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.account.signals import email_confirmed
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone

from accounts.domain.codes import end_codes
from accounts.domain.sessions import end_sessions
from accounts.models import User


@receiver(email_confirmed)
def end_the_guests_codes(email_address: EmailAddress, **_: Any) -> None:
    """A guest who has proven an address signs in with it: the paper with the return code opens nothing any more."""
    end_codes(user=email_address.user)


@receiver(authenticator_added)
def sign_out_elsewhere(request: HttpRequest, user: User, authenticator: Authenticator, **_: Any) -> None:
    """Browsers that came in with one factor come in anew, with both."""
    if authenticator.type != Authenticator.Type.RECOVERY_CODES:
        end_sessions(now=timezone.now(), user=user, actor=user, but=request.session.session_key)
