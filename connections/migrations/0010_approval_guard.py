"""Triggers that keep who asked for an operation and who approved it apart."""

from typing import Any

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from connections.revocations import approval_guard


def guard(_apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    approval_guard.guard(schema_editor.connection)


def lift(_apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    approval_guard.lift(schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [("connections", "0009_followed_items")]

    operations = [migrations.RunPython(guard, lift)]
