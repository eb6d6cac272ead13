"""The site's settings, with a data folder of the test run's own and without what needs `collectstatic`."""

import os
import tempfile

os.environ.setdefault("CLOUDSITE_DATA", tempfile.mkdtemp(prefix="cloudsite-test-"))

from cloudsite.settings import *  # noqa: F403

STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}  # noqa: F405
WHITENOISE_AUTOREFRESH = True
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
if not DATABASE_URL:  # noqa: F405
    # A file, and the very one that the site's own processes use when a test starts them.
    DATABASES["default"]["TEST"] = {"NAME": DATA / "cloudsite.sqlite3"}  # noqa: F405
