from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import Count, Q

from connections.revocations import approval_guard


def count_accepted(apps: Apps, _: BaseDatabaseSchemaEditor) -> None:
    """As their pages said until now: all of it where the last answer was a good one."""
    operations = apps.get_model("connections", "Operation").objects
    went = Count("items", filter=Q(items__state__in=("succeeded", "seen_gone")))
    accepted = operations.filter(http__lt=300, failure="").annotate(went=went).filter(went__gt=0)
    for pk, number in accepted.values_list("pk", "went"):
        operations.filter(pk=pk).update(accepted=number)


def lift(_: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    approval_guard.lift(schema_editor.connection)


def guard(_: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    approval_guard.guard(schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [("connections", "0014_emergency_sign_ins")]

    operations = [
        # SQLite makes a new table, which it cannot while triggers of another one name it.
        migrations.RunPython(lift, guard),
        migrations.AddField("operation", "accepted", models.PositiveIntegerField(default=0)),
        migrations.RunPython(count_accepted, migrations.RunPython.noop),
        migrations.RunPython(guard, lift),
    ]
