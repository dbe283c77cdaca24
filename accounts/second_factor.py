"""Second factors: who must have one, and how their secrets are kept."""

import base64
import hashlib

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.contrib.auth.models import AnonymousUser

from accounts.models import User

_PURPOSE = b"accounts.second_factor:"


class MFAAdapter(DefaultMFAAdapter):
    """Keep the secrets of authenticator apps and recovery codes encrypted with the installation's key."""

    def encrypt(self, text: str) -> str:
        """Encrypt with a key made of SECRET_KEY."""
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Decrypt with SECRET_KEY, or a former one that SECRET_KEY_FALLBACKS still names."""
        return _cipher().decrypt(encrypted_text.encode()).decode()


def has_second_factor(user: User | AnonymousUser) -> bool:
    """Tell whether the person signs in with an authenticator app, a security key or a passkey."""
    kinds = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]
    return user.is_authenticated and Authenticator.objects.filter(user_id=user.pk, type__in=kinds).exists()


def _cipher() -> MultiFernet:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    digests = (hashlib.sha256(_PURPOSE + key.encode()).digest() for key in keys)
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])
