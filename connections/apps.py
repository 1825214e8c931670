from django.apps import AppConfig
from django.db.models.signals import post_migrate


class ConnectionsConfig(AppConfig):
    name = "connections"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from connections import permissions  # noqa: PLC0415 - models are loaded only now
        from connections.sign_in import accounts  # noqa: PLC0415 - likewise

        accounts.record_sign_ins()
        post_migrate.connect(permissions.grant_roles, sender=self)
