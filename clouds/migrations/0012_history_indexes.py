"""Whatever is asked of a visitor's puffs is answered by their index."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    """The index of a person's puffs, with all that can be asked of them beside."""

    dependencies: ClassVar = [("clouds", "0011_kiosk")]

    operations: ClassVar = [
        migrations.RemoveIndex(model_name="puff", name="puffs_of_a_person"),
        migrations.AddIndex(
            model_name="puff",
            index=models.Index(
                fields=["asked_by", "-on_at", "-id", "cloud", "simulated", "source", "outcome"],
                name="puffs_of_a_person",
            ),
        ),
    ]
