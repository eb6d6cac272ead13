"""The way in for a WSGI server, for sites that have one."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cloudsite.settings")
application = get_wsgi_application()
