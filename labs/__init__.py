"""The Django project: settings, entries, the Celery application, health, and the local stack."""
