"""Indexes for whatever is asked of the history; and its tally, with what there is already counted."""

from zoneinfo import ZoneInfo

import django.db.models.deletion
from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from clouds import hours

CHUNK = 2000


def count(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Count the puffs that have ended, and were not only rehearsed."""
    cloud_model, tally_model = apps.get_model("clouds", "Cloud"), apps.get_model("clouds", "Tally")
    for cloud in cloud_model.objects.select_related("venue"):
        rows = cloud.puffs.filter(rehearsal=None).order_by().values_list("on_at", "off_at", "pump").iterator(CHUNK)
        found = hours.tally(rows, ZoneInfo(cloud.venue.time_zone))
        tally_model.objects.bulk_create(
            (
                tally_model(cloud=cloud, begins_at=at, puffs=puffs, seconds=seconds)
                for at, (puffs, seconds) in found.items()
            ),
            batch_size=CHUNK,
        )


class Migration(migrations.Migration):
    dependencies = [("clouds", "0008_story")]

    operations = [
        migrations.CreateModel(
            name="Tally",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("begins_at", models.DateTimeField()),
                ("puffs", models.PositiveIntegerField()),
                ("seconds", models.FloatField()),
                (
                    "cloud",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="tallies",
                        to="clouds.cloud",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "tallies",
                "ordering": ["begins_at"],
                "indexes": [models.Index(fields=["begins_at", "cloud", "puffs", "seconds"], name="tallies_in_order")],
                "constraints": [
                    models.UniqueConstraint(fields=("cloud", "begins_at"), name="an_hour_of_a_cloud_is_tallied_once")
                ],
            },
        ),
        migrations.RemoveIndex(model_name="puff", name="puffs_of_a_person"),
        migrations.AddIndex(
            model_name="puff",
            index=models.Index(fields=["asked_by", "-on_at", "-id"], name="puffs_of_a_person"),
        ),
        migrations.AddIndex(
            model_name="puff",
            index=models.Index(fields=["simulated", "source", "outcome", "-on_at", "-id"], name="kinds_of_puffs"),
        ),
        migrations.AddIndex(
            model_name="puff",
            index=models.Index(
                fields=["cloud", "simulated", "source", "outcome", "-on_at", "-id"], name="kinds_of_puffs_of_a_cloud"
            ),
        ),
        migrations.RunPython(count, migrations.RunPython.noop),
    ]
