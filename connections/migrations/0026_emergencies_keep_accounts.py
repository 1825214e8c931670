"""An account that was used in an emergency stays; nothing changes in the database itself."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("connections", "0025_operation_of_log"),
    ]

    operations = [
        migrations.AlterField(
            model_name="emergencysignin",
            name="staff",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
    ]
