"""The Celery application: workers and beat find it as `-A labs`."""

import os

from celery import Celery
from celery.signals import setup_logging

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "labs.settings.dev")

app = Celery("labs")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def keep_our_logging(**_: object) -> None:
    """Leave logging to Django's LOGGING_CONFIG: Celery must not install its own handlers."""
