"""No two accounts whose names differ in case alone. Stops before it changes anything if there are such."""

from collections import defaultdict
from typing import Any

import django.db.models.functions.text
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

_WHAT_TO_DO = (
    "These accounts have names that differ in case alone, so none of them can sign in: {}. "
    "Give all but one of each another name (UPDATE connections_staff SET username = '…' WHERE username = '…'), "
    "disable what nobody uses, and migrate again."
)


def find_doubles(apps: Any, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Raises `RuntimeError` with their names."""
    by_name = defaultdict(list)
    for name in apps.get_model("connections", "Staff").objects.values_list("username", flat=True):
        by_name[name.lower()].append(name)
    doubles = [" and ".join(sorted(names)) for names in by_name.values() if len(names) > 1]
    if doubles:
        raise RuntimeError(_WHAT_TO_DO.format("; ".join(sorted(doubles))))


class Migration(migrations.Migration):
    dependencies = [("connections", "0019_good_looks")]

    operations = [
        migrations.RunPython(find_doubles, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="staff",
            constraint=models.UniqueConstraint(
                django.db.models.functions.text.Lower("username"),
                name="staff_username_whatever_its_case",
                violation_error_message="There is an account of this name.",
            ),
        ),
    ]
