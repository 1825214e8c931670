"""Erasing, archiving and holding: tombstones, legal holds, and triggers that let through exactly these deeds."""

from typing import Any

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from connections.audit import append_only, held
from connections.revocations import approval_guard


def install(_apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    held.install(schema_editor.connection)
    append_only.protect(schema_editor.connection)
    approval_guard.guard(schema_editor.connection)


def remove(_apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    append_only.lift(schema_editor.connection)
    held.remove(schema_editor.connection)


def protect(_apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    append_only.protect(schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [("connections", "0016_audit_export")]

    operations = [
        # Undone, the triggers are those of the tables that are left.
        migrations.RunPython(migrations.RunPython.noop, protect),
        migrations.CreateModel(
            name="AuditHold",
            fields=[
                ("seq", models.BigIntegerField(editable=False, primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("user", "a user"),
                            ("vehicle", "a vehicle"),
                            ("operation", "a revocation"),
                            ("ticket", "a ticket"),
                            ("everything", "everything"),
                        ],
                        editable=False,
                        max_length=16,
                    ),
                ),
                ("value", models.CharField(editable=False, max_length=200)),
                ("lifted_seq", models.BigIntegerField(editable=False, null=True)),
            ],
            options={
                "db_table": "audit_hold",
                "abstract": False,
                "default_permissions": (),
                "base_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="AuditTombstone",
            fields=[
                ("seq", models.BigIntegerField(editable=False, primary_key=True, serialize=False)),
                ("first", models.BigIntegerField(editable=False)),
                ("last", models.BigIntegerField(editable=False)),
                ("last_at", models.DateTimeField(editable=False)),
                ("location", models.TextField(editable=False)),
                ("note", models.TextField(editable=False)),
                ("restored_seq", models.BigIntegerField(editable=False, null=True)),
            ],
            options={
                "db_table": "audit_tombstone",
                "abstract": False,
                "default_permissions": (),
                "base_manager_name": "objects",
            },
        ),
        migrations.RunPython(install, remove),
    ]
