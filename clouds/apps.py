"""Clouds, as a Django app."""

from django.apps import AppConfig


class CloudsConfig(AppConfig):
    """Connects what must be there in every process."""

    name = "clouds"
    verbose_name = "The Cloud"
