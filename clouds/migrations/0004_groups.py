"""Two groups: curators see to the weather, operators to the machinery. A site may change what they may do."""

from django.apps.registry import Apps
from django.contrib.auth.management import create_permissions
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

CURATORS = {
    "program": "view add change delete", "programstep": "view add change delete",
    "show": "view add change delete", "showcloud": "view add change delete", "showdate": "view add change delete",
    "run": "view change", "puff": "view", "act": "view", "cloud": "view", "venue": "view hold",
    "balloonnote": "view add",
}  # fmt: skip
OPERATORS = {
    "venue": "view add change delete hold", "cloud": "view add change delete", "plug": "view add change delete",
    "user": "view add change delete", "balloonnote": "view add", "run": "view change", "puff": "view", "act": "view",
    "program": "view", "programstep": "view", "show": "view", "showcloud": "view", "showdate": "view",
}  # fmt: skip


def make(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    # Permissions are made after all migrations; these groups need them now.
    config = apps.get_app_config("clouds")
    config.models_module = True  # it stands for an app that has models
    create_permissions(config, verbosity=0, apps=apps)
    for name, may in (("curators", CURATORS), ("operators", OPERATORS)):
        group, _ = apps.get_model("auth", "Group").objects.get_or_create(name=name)
        for model, words in may.items():
            group.permissions.add(
                *apps.get_model("auth", "Permission").objects.filter(
                    content_type__app_label="clouds",
                    codename__in=[f"{word}_{model}" for word in words.split()],
                )
            )


class Migration(migrations.Migration):
    dependencies = [
        ("clouds", "0003_programs_and_shows"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]
    operations = [migrations.RunPython(make, migrations.RunPython.noop)]
