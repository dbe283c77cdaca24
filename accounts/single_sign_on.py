"""The organization's own sign-in: who it lets in, and whose account here it opens."""

from typing import Any

from allauth.account.internal.userkit import filter_users_by_email
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from django.conf import settings
from django.http import HttpRequest
from django.shortcuts import render
from django.utils.translation import gettext as _

from accounts.models import User

NAME_LENGTH = 60


class SocialAccountAdapter(DefaultSocialAccountAdapter):
    """Trust an address only when the provider has verified it, and only of the domains that may come in."""

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Refuse, with a sentence, an address of a foreign domain and one that anybody could have claimed."""
        addresses = sociallogin.email_addresses
        domains = settings.OIDC_ALLOWED_DOMAINS
        if domains and not any(address.verified and _domain(address.email) in domains for address in addresses):
            _refuse(
                request,
                _("Only people with a verified address of %(domains)s can sign in this way. Nothing was changed.")
                % {"domains": ", ".join(domains)},
            )
        if sociallogin.is_existing:
            return
        for address in addresses:
            if not address.verified and filter_users_by_email(address.email):
                _refuse(
                    request,
                    _(
                        "%(provider)s has not verified your address %(email)s, and somebody here has it already. "
                        "If it is you, sign in as before and connect it under Connected. Nothing was changed."
                    )
                    % {"provider": sociallogin.provider.name, "email": address.email},
                )

    def populate_user(self, request: HttpRequest, sociallogin: SocialLogin, data: dict[str, Any]) -> User:
        """Take name and address over; without a name the address's first part stands in."""
        user: User = sociallogin.user
        user.email = data.get("email") or None
        full = data.get("name") or " ".join(filter(None, [data.get("first_name"), data.get("last_name")]))
        user.name = (full.strip() or (user.email or "").partition("@")[0] or _("Somebody"))[:NAME_LENGTH]
        return user


def _domain(email: str) -> str:
    return email.rpartition("@")[2].lower()


def _refuse(request: HttpRequest, reason: str) -> None:
    raise ImmediateHttpResponse(render(request, "socialaccount/refused.html", {"reason": reason}, status=403))
