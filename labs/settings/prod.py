"""Settings of a deployment behind TLS; start-up refuses what would be unsafe."""

from django.core.exceptions import ImproperlyConfigured

from labs.settings.base import *  # noqa: F403
from labs.settings.base import ALLOWED_HOSTS, AWS_MODE, PUBLIC_BASE_URL, SECRET_KEY, env

if len(SECRET_KEY) < 50:
    raise ImproperlyConfigured("SECRET_KEY must have at least 50 random characters in production.")
if "*" in ALLOWED_HOSTS:
    raise ImproperlyConfigured("ALLOWED_HOSTS must name this installation's hosts, not '*'.")
if not PUBLIC_BASE_URL.startswith("https://"):
    raise ImproperlyConfigured("PUBLIC_BASE_URL must be an https:// address in production.")
if AWS_MODE == "simulator" and not env.bool("SIMULATOR_IN_PRODUCTION", default=False):
    raise ImproperlyConfigured(
        "AWS_MODE=simulator in production settings: set SIMULATOR_IN_PRODUCTION=1 if this is a rehearsal."
    )

SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = True
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
