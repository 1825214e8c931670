"""Finding tickets and notes by a part of their text, saved searches, and what was reviewed."""

from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

import connections.ids
from connections.audit import words


def install(_apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    words.install(schema_editor.connection)


def remove(_apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    words.remove(schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [
        ("connections", "0007_audit_tree"),
    ]

    operations = [
        migrations.CreateModel(
            name="Review",
            fields=[
                ("reviewed", models.BigIntegerField(primary_key=True, serialize=False)),
                (
                    "verdict",
                    models.CharField(choices=[("appropriate", "Appropriate"), ("flagged", "Flagged")], max_length=16),
                ),
                ("seq", models.BigIntegerField()),
            ],
            options={
                "db_table": "audit_review",
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="SavedSearch",
            fields=[
                (
                    "id",
                    models.UUIDField(default=connections.ids.uuid7, editable=False, primary_key=True, serialize=False),
                ),
                ("name", models.CharField(max_length=80)),
                ("query", models.CharField(max_length=4000)),
            ],
            options={
                "db_table": "saved_search",
                "default_permissions": (),
            },
        ),
        migrations.RemoveIndex(
            model_name="auditevent",
            name="audit_by_at",
        ),
        migrations.AddIndex(
            model_name="auditevent",
            index=models.Index(fields=["at", "outcome"], name="audit_by_at"),
        ),
        migrations.AddIndex(
            model_name="auditevent",
            index=models.Index(
                condition=models.Q(
                    ("type", "revocation.intended"),
                    models.Q(("target_user__isnull", True), ("target_vehicle__isnull", True), _connector="OR"),
                ),
                fields=["seq"],
                name="audit_wide",
            ),
        ),
        migrations.AddField(
            model_name="savedsearch",
            name="staff",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="saved_searches", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddConstraint(
            model_name="savedsearch",
            constraint=models.UniqueConstraint(fields=("staff", "name"), name="one_search_a_name"),
        ),
        migrations.RunPython(install, remove),
    ]
