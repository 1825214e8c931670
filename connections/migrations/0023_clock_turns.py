"""Where the clock was set back, so that searches by day leave nothing out."""

from typing import Any

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

_FIND = """
    INSERT INTO audit_clock_turn (seq, at, peak) SELECT seq, at, peak FROM (
        SELECT seq, at, lag(at) OVER (ORDER BY seq) AS before,
        max(at) OVER (ORDER BY seq ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS peak FROM audit_event
    ) events WHERE {}
"""
_IS_SET_BACK = {
    "sqlite": "julianday(at) < julianday(before) - 1.0 / 24",
    "postgresql": "at < before - interval '1 hour'",
}


def find(_apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(_FIND.format(_IS_SET_BACK[schema_editor.connection.vendor]))


class Migration(migrations.Migration):
    dependencies = [("connections", "0022_trigger_search_path")]

    operations = [
        migrations.CreateModel(
            name="ClockTurn",
            fields=[
                ("seq", models.BigIntegerField(editable=False, primary_key=True, serialize=False)),
                ("at", models.DateTimeField(editable=False)),
                ("peak", models.DateTimeField(editable=False)),
            ],
            options={"db_table": "audit_clock_turn", "default_permissions": ()},
        ),
        migrations.RunPython(find, migrations.RunPython.noop),
    ]
