"""How many of the looks at an operation Smartcar answered."""

from typing import Any

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from connections.revocations import approval_guard


def guard(_apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    approval_guard.guard(schema_editor.connection)


def lift(_apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    approval_guard.lift(schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [("connections", "0018_answered_gone")]

    operations = [
        # SQLite rebuilds an altered table, and its triggers would be in the way and lost.
        migrations.RunPython(lift, guard),
        migrations.AddField(
            model_name="operation", name="good_looks", field=models.PositiveSmallIntegerField(default=0)
        ),
        # What was counted so far is all there is to go by.
        migrations.RunSQL("UPDATE operation SET good_looks = looks", migrations.RunSQL.noop),
        migrations.RunPython(guard, lift),
    ]
