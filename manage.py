#!/usr/bin/env python3
"""Cloudsite's command line: `python manage.py up` runs the site."""

import os
import sys


def main() -> None:
    """Run a command; when the libraries are missing or the settings can't be made, say so in a sentence."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cloudsite.settings")
    try:
        from django.core.exceptions import ImproperlyConfigured
        from django.core.management import execute_from_command_line
    except ImportError:
        sys.exit("Cloudsite's libraries are not installed in this Python: follow the two commands of README.md.")
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(f"Cloudsite can't start. {error}")


if __name__ == "__main__":
    main()
