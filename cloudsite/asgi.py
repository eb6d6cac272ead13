"""The web server's way in: `uvicorn cloudsite.asgi:application`.

Django's own handler takes each of its middleware to a thread and back, a new thread for each request, which has to
connect to the database anew. Here a request goes through middleware and view in one go, in a thread that is kept.
The event stream needs no thread, and is answered ahead of Django.
"""

import asyncio
import gc
import os
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from typing import IO, Any

import django
from asgiref.sync import ThreadSensitiveContext, sync_to_async
from django.conf import settings
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler
from django.db import connections
from django.http import HttpRequest
from django.http.response import HttpResponseBase

# Threads that wait for a next request, each with its connection to the database. A crowd has more, for as long as it
# is there: one for each request under way.
THREADS_KEPT = 32
# More than these wait, with no thread and no connection of their own: a flood must not use up memory and files. It is
# far more than run at once in a crowd, and enough for those who read while others wait for a database that is locked.
MOST_AT_ONCE = 256
MOST_OF_A_BODY: int = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
# In a crowd, the thread that has the database must not wait 5 ms, which is Python's own measure, for each other thread.
SWITCH_EVERY_SECONDS = 0.0005


class Handler(ASGIHandler):
    """Django's, with all of a request in one thread."""

    def __init__(self) -> None:
        super().__init__()
        self._threads: list[ThreadPoolExecutor] = []
        self._places = asyncio.Semaphore(MOST_AT_ONCE)

    def load_middleware(self, is_async: bool = False) -> None:
        """Have the middleware call each other, with no event loop in between."""
        super().load_middleware(is_async=False)

    async def get_response_async(self, request: HttpRequest) -> HttpResponseBase:
        """Go there and back once, when there is a place."""
        async with self._places:
            return await sync_to_async(self.get_response)(request)

    async def read_body(self, receive: Any) -> IO[bytes]:
        """Keep as much as Django looks at, and one byte that tells that there was more: a disk is soon full."""
        body = tempfile.SpooledTemporaryFile(max_size=MOST_OF_A_BODY + 1)  # noqa: SIM115 - closed with its request
        room, more = MOST_OF_A_BODY + 1, True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                body.close()
                raise RequestAborted
            body.write(part := message.get("body", b"")[:room])
            room, more = room - len(part), message.get("more_body", False)
        body.seek(0)
        return body

    def create_request(self, scope: Any, body_file: IO[bytes]) -> tuple[Any, Any]:
        """Where a client didn't say how much it sends, as Django asks, say it."""
        request, error = super().create_request(scope, body_file)
        if request is not None and "CONTENT_LENGTH" not in request.META:
            request.META["CONTENT_LENGTH"] = str(body_file.seek(0, os.SEEK_END))
            body_file.seek(0)
        return request, error

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

from clouds import processes  # noqa: E402  # these need Django to be set up
from clouds.live.stream import Streams  # noqa: E402

processes.open_as_many_files_as_allowed()
application = Streams(Handler())
# What is here now stays. To look through it again and again for rubbish would hold up a page in a hundred for 40 ms.
gc.collect()
gc.freeze()
