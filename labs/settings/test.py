"""Settings of the tests: the fast layer needs no service, the others find the real ones in the environment."""

import os

for _name, _value in {
    "SECRET_KEY": "only-for-tests-" + "0123456789abcdef" * 3,
    "DATABASE_URL": "postgres://nobody:nothing@127.0.0.1:1/absent",
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "AWS_MODE": "simulator",
    "SIMULATOR_ENDPOINT_URL": "http://127.0.0.1:1",
    "SIMULATOR_ACCESS_KEY_ID": "AKIAHUBHUBHUBHUBHUB0",
    "SIMULATOR_SECRET_ACCESS_KEY": "only-for-tests",
    "PUBLIC_AWS_ENDPOINT_URL": "http://127.0.0.1:1",
    "PROBE_ALLOWED_NETWORKS": "127.0.0.0/8",
    "EMAIL_URL": "memorymail://",
}.items():
    os.environ.setdefault(_name, _value)

from labs.settings.base import *  # noqa: F403

STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
# Files are served from where they lie; nothing is collected.
STATIC_ROOT = BASE_DIR / "labs" / "static"
WHITENOISE_USE_FINDERS = True
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
VERIFY_INTERVAL_SECONDS = 0.0
# Every test's threads end with their connections.
DATABASES["default"]["CONN_MAX_AGE"] = 0
