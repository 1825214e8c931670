"""Triggers of SQLite past which no INSERT OR REPLACE takes a row's place by its rowid."""

from typing import Any

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from connections.audit import append_only


def replace(_apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    append_only.protect(schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [("connections", "0023_clock_turns")]

    operations = [migrations.RunPython(replace, migrations.RunPython.noop)]
