"""Settings of the local stack: what `make up` wrote to `.labs/stack.env` fills in what the shell does not say."""

import os
from pathlib import Path

from labs.local.environment import read_stack_env

_stack_env = Path(__file__).resolve().parents[2] / ".labs" / "stack.env"
if "DATABASE_URL" not in os.environ:
    if not _stack_env.exists():
        # Django would swallow an ImproperlyConfigured here and fail later in a place that explains nothing.
        raise SystemExit("There is no local stack yet: run `make up` once in another terminal, or set DATABASE_URL.")
    for _name, _value in read_stack_env(_stack_env).items():
        os.environ.setdefault(_name, _value)

from labs.settings.base import *  # noqa: F403

STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
# Files are served from where they lie; nothing is collected.
STATIC_ROOT = BASE_DIR / "labs" / "static"
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
