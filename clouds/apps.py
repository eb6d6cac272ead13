"""Clouds, as a Django app."""

from django.apps import AppConfig


class CloudsConfig(AppConfig):
    """Connects what must be there in every process."""

    name = "clouds"
    verbose_name = "The Cloud"

    def ready(self) -> None:
        """Hear of each worker that a cluster spawns, and have the settings checked."""
        from django_q.signals import post_spawn

        from clouds import checks, tasks

        post_spawn.connect(tasks.on_spawn, dispatch_uid="clouds")
        checks.register_all()
