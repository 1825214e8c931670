"""Looks are counted for each connection, since each was sent at a time of its own."""

from typing import Any

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from connections.revocations import approval_guard

# What was counted so far is all there is to go by.
_HAND_DOWN = """
    UPDATE operation_item SET
        looks = (SELECT looks FROM operation WHERE operation.id = operation_id),
        good_looks = (SELECT good_looks FROM operation WHERE operation.id = operation_id),
        look_at = (SELECT due_at FROM operation WHERE operation.id = operation_id)
    WHERE state IN ('attempted', 'unknown', 'succeeded') OR may_still_go
"""
_HAND_UP = """
    UPDATE operation SET
        looks = COALESCE((SELECT MIN(looks) FROM operation_item WHERE operation_id = operation.id), 0),
        good_looks = COALESCE((SELECT MIN(good_looks) FROM operation_item WHERE operation_id = operation.id), 0)
"""


def guard(_apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    approval_guard.guard(schema_editor.connection)


def lift(_apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    approval_guard.lift(schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [("connections", "0020_names_whatever_their_case")]

    operations = [
        # SQLite rebuilds an altered table, and its triggers would be in the way and lost.
        migrations.RunPython(lift, guard),
        migrations.AddField("item", "looks", models.PositiveSmallIntegerField(default=0)),
        migrations.AddField("item", "good_looks", models.PositiveSmallIntegerField(default=0)),
        migrations.AddField("item", "look_at", models.DateTimeField(null=True)),
        migrations.RunSQL(_HAND_DOWN, _HAND_UP),
        migrations.RemoveField("operation", "looks"),
        migrations.RemoveField("operation", "good_looks"),
        migrations.RunPython(guard, lift),
    ]
