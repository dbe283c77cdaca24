from django.apps import AppConfig


class QuestsConfig(AppConfig):
    name = "quests"
    verbose_name = "The game"

    def ready(self) -> None:
        from quests import receivers  # noqa: F401  (connects the signals)
