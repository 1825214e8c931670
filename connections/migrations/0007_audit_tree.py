"""The stored part of the tree over the audit log, as append-only as the log itself."""

from typing import Any

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from connections.audit import append_only


def protect(_apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    append_only.protect(schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [("connections", "0006_request_budget")]

    operations = [
        migrations.CreateModel(
            name="AuditNode",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "level", "idx", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("level", models.SmallIntegerField(editable=False)),
                ("idx", models.BigIntegerField(editable=False)),
                ("hash", models.BinaryField(max_length=32)),
            ],
            options={
                "db_table": "audit_node",
                "abstract": False,
                "default_permissions": (),
                "base_manager_name": "objects",
            },
        ),
        migrations.RunPython(protect, migrations.RunPython.noop),
    ]
