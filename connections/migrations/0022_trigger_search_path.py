"""Trigger functions of PostgreSQL that no temporary table can mislead."""

from typing import Any

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from connections.audit import append_only
from connections.revocations import approval_guard


def replace(_apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    append_only.protect(schema_editor.connection)
    approval_guard.guard(schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [("connections", "0021_looks_of_an_item")]

    operations = [migrations.RunPython(replace, migrations.RunPython.noop)]
