#!/usr/bin/env python3
"""Cloudsite's command line: `python manage.py up` runs the site."""

import os
import sys


def main() -> None:
    """Run a command; when the libraries are missing, say how to get them."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cloudsite.settings")
    try:
        from django.core.management import execute_from_command_line
    except ImportError:
        sys.exit("Cloudsite's libraries are not installed in this Python: follow the two commands of README.md.")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
