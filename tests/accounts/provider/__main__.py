"""The provider's process: Django and allauth's own identity provider on SQLite, told everything by one argument."""

import json
import sys
from pathlib import Path
from typing import Any
from wsgiref.simple_server import make_server

import django
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.conf import settings


def private_key() -> str:
    """Return a new key to sign tokens with."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def configure(folder: Path) -> None:
    """Make a project of this process."""
    settings.configure(
        SECRET_KEY="only-for-the-provider" * 3,
        DEBUG=True,
        ALLOWED_HOSTS=["127.0.0.1"],
        ROOT_URLCONF="tests.accounts.provider.urls",
        SESSION_COOKIE_NAME="provider",
        USE_TZ=True,
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": folder / "provider.sqlite3"}},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        INSTALLED_APPS=[
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.sessions",
            "django.contrib.messages",
            "allauth",
            "allauth.account",
            "allauth.idp.oidc",
        ],
        MIDDLEWARE=[
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "django.contrib.messages.middleware.MessageMiddleware",
            "allauth.account.middleware.AccountMiddleware",
        ],
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}],
        IDP_OIDC_PRIVATE_KEY=private_key(),
        LOGGING_CONFIG=None,
    )
    django.setup()


def populate(told: dict[str, Any]) -> None:
    """Register our site and the people."""
    from allauth.account.models import EmailAddress
    from allauth.idp.oidc.models import Client
    from django.contrib.auth.models import User
    from django.core.management import call_command

    from tests.accounts.provider import CLIENT_ID, CLIENT_SECRET

    call_command("migrate", verbosity=0)
    client = Client(id=CLIENT_ID, name="GameDay Labs", skip_consent=True, scopes="openid\nprofile\nemail")
    client.set_secret(CLIENT_SECRET)
    client.set_redirect_uris([told["redirect_uri"]])
    client.save()
    for person in told["people"]:
        first, _, last = str(person["name"]).partition(" ")
        user = User.objects.create(username=person["username"], email=person["email"], first_name=first, last_name=last)
        EmailAddress.objects.create(user=user, email=user.email, verified=person["verified"], primary=True)


if __name__ == "__main__":
    asked = json.loads(sys.argv[1])
    configure(Path(asked["folder"]))
    populate(asked)
    from django.core.wsgi import get_wsgi_application

    make_server("127.0.0.1", asked["port"], get_wsgi_application()).serve_forever()
