"""Triggers that let no operation come in under another's name than the log has."""

from typing import Any

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from connections.revocations import approval_guard


def replace(_apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    approval_guard.guard(schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [("connections", "0024_guarded_rowids")]

    operations = [migrations.RunPython(replace, migrations.RunPython.noop)]
