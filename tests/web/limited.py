"""The site's application with limits that a test has set: nobody waits a quarter of an hour for a stream's end."""

import importlib
import json
import os

from cloudsite.asgi import application as application

for module, limits in json.loads(os.environ["TEST_LIVE_LIMITS"]).items():
    for name, value in limits.items():
        assert hasattr(importlib.import_module(f"clouds.live.{module}"), name)
        setattr(importlib.import_module(f"clouds.live.{module}"), name, value)
