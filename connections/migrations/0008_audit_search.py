"""What finds tickets and notes by a part of their text."""

from typing import Any

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from connections.audit import words


def install(_apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    words.install(schema_editor.connection)


def remove(_apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    words.remove(schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [("connections", "0005_statutory_clock")]

    operations = [migrations.RunPython(install, remove)]
