"""What the log already tells of the account for emergencies, once, so that the overview need not search for it."""

import json
from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def find(apps: Any, _editor: Any) -> None:
    events = apps.get_model("connections", "AuditEvent").objects
    signed_in = events.filter(type="auth.signed_in", body__contains='"break glass"').order_by("seq")
    staff = set(apps.get_model("connections", "Staff").objects.values_list("pk", flat=True))
    emergencies = apps.get_model("connections", "EmergencySignIn").objects
    for event in signed_in.iterator():
        who = int(json.loads(event.body)["actor"]["id"])
        if who in staff:
            emergencies.create(seq=event.seq, staff_id=who, at=event.at)


class Migration(migrations.Migration):
    dependencies = [
        ("connections", "0013_purged_users"),
    ]

    operations = [
        migrations.CreateModel(
            name="EmergencySignIn",
            fields=[
                ("seq", models.BigIntegerField(primary_key=True, serialize=False)),
                ("at", models.DateTimeField()),
                (
                    "staff",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "emergency_sign_in",
                "default_permissions": (),
            },
        ),
        migrations.RunPython(find, migrations.RunPython.noop),
    ]
