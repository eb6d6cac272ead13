"""The web server's way in: `uvicorn cloudsite.asgi:application`.

Django's own handler takes each of its middleware to a thread and back, a new thread for each request, which has to
connect to the database anew. Here a request goes through middleware and view in one go, in a thread that is kept.
The event stream needs no thread, and is answered ahead of Django.
"""

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import django
from asgiref.sync import ThreadSensitiveContext, sync_to_async
from django.core.handlers.asgi import ASGIHandler
from django.db import connections
from django.http import HttpRequest
from django.http.response import HttpResponseBase

# Threads that wait for a next request, each with its connection to the database. A crowd has more, for as long as it
# is there: one for each request under way.
THREADS_KEPT = 32
# In a crowd, the thread that has the database must not wait 5 ms, which is Python's own measure, for each other thread.
SWITCH_EVERY_SECONDS = 0.0005


class Handler(ASGIHandler):
    """Django's, with all of a request in one thread."""

    def __init__(self) -> None:
        super().__init__()
        self._threads: list[ThreadPoolExecutor] = []

    def load_middleware(self, is_async: bool = False) -> None:
        """Have the middleware call each other, with no event loop in between."""
        super().load_middleware(is_async=False)

    async def get_response_async(self, request: HttpRequest) -> HttpResponseBase:
        """Go there and back once."""
        return await sync_to_async(self.get_response)(request)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer in the thread that was used last, so that few are in use."""
        thread = self._threads.pop() if self._threads else ThreadPoolExecutor(1, "request")
        try:
            async with ThreadSensitiveContext(executor=thread):
                await super().__call__(scope, receive, send)
        finally:
            if len(self._threads) < THREADS_KEPT:
                self._threads.append(thread)
            else:
                thread.submit(connections.close_all)
                thread.shutdown(wait=False)


os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cloudsite.settings")
django.setup(set_prefix=False)
sys.setswitchinterval(SWITCH_EVERY_SECONDS)

from clouds.live.stream import Streams  # noqa: E402  # it needs Django to be set up

application = Streams(Handler())
