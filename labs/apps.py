from django.apps import AppConfig


class LabsConfig(AppConfig):
    name = "labs"

    def ready(self) -> None:
        from labs import celery  # noqa: F401  (every process that sends tasks needs the application's broker)
