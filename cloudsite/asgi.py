"""The web server's way in: `uvicorn cloudsite.asgi:application`."""

import os

from django.core.asgi import get_asgi_application
from django.db import connections

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cloudsite.settings")
application = get_asgi_application()

# Each request has a thread of its own here, and a connection kept open by a thread that has ended is never used again.
connections.settings["default"]["CONN_MAX_AGE"] = 0
