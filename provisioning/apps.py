from django.apps import AppConfig


class ProvisioningConfig(AppConfig):
    name = "provisioning"
    verbose_name = "Sandboxes"

    def ready(self) -> None:
        from provisioning import receivers  # noqa: F401  (connects the signals)
        from provisioning.aws import hub, settings_check  # noqa: F401  (registers the check)

        hub.refuse_unsafe_mode()
