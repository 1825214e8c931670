"""Whether Smartcar answered that there was none to remove, which a read is to confirm."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("connections", "0017_retention")]

    operations = [
        migrations.AddField(
            model_name="item",
            name="answered_gone",
            field=models.BooleanField(default=False),
        ),
    ]
