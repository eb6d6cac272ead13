"""A venue exists from the start, so that a maker with one gallery never has to think of it."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def make(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    apps.get_model("clouds", "Venue").objects.create(name="The gallery", slug="gallery")


class Migration(migrations.Migration):
    dependencies = [("clouds", "0001_initial")]
    operations = [migrations.RunPython(make, migrations.RunPython.noop)]
