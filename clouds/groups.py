"""What the two groups that are there from the start may do; for migrations. A site may change it afterwards."""

from collections.abc import Mapping

from django.apps.registry import Apps
from django.contrib.auth.management import create_permissions

CURATORS, OPERATORS = "curators", "operators"


def allow(apps: Apps, group: str, words: Mapping[str, str]) -> None:
    """Let a group, if it is still there, do what these words say: {"show": "view add"}."""
    # Permissions are made after all migrations; the groups need them now.
    config = apps.get_app_config("clouds")
    config.models_module = True  # type: ignore[assignment]  # it stands for an app that has models
    create_permissions(config, verbosity=0, apps=apps)
    names = [f"{word}_{model}" for model, may in words.items() for word in may.split()]
    permissions = apps.get_model("auth", "Permission").objects.filter(
        content_type__app_label="clouds", codename__in=names
    )
    for found in apps.get_model("auth", "Group").objects.filter(name=group):
        found.permissions.add(*permissions)
