"""Clouds, as a Django app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CloudsConfig(AppConfig):
    """Connects what must be there in every process."""

    name = "clouds"
    verbose_name = _("The Cloud")

    def ready(self) -> None:
        """Have names translated, hear of each worker that a cluster spawns, and have the settings checked."""
        from django_q.signals import post_spawn

        from clouds import checks, tasks
        from clouds.models import words

        words.translate(self.get_models())
        post_spawn.connect(tasks.on_spawn, dispatch_uid="clouds")
        checks.register_all()
