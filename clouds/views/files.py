"""The history as files, CSV and JSON: any selection of it, sent as it is read, so that no file is ever in memory."""

import csv
import json
import threading
import weakref
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

from clouds.models import Puff
from clouds.selection import HistoryForm, Selection
from clouds.views.answers import reads, sorry

CHUNK = 500
# Whoever fetches a long history has the machine busy for a minute. However many do, they take turns, part by part, so
# that who presses meanwhile shares it with one of them.
_turn = threading.Lock()
# Each keeps a thread and a connection for as long as its reader takes.
MOST_AT_ONCE = 32
_places = threading.BoundedSemaphore(MOST_AT_ONCE)
COLUMNS = [
    "puff", "cloud", "time zone", "on", "off", "who", "why", "part of", "did", "planned seconds", "real seconds",
    "outcome", "reason", "times confirmed", "simulated", "rehearsed at speed", "told",
]  # fmt: skip


@reads
def table(request: HttpRequest) -> HttpResponseBase:
    """For spreadsheets."""
    return _send(request, _csv, "text/csv; charset=utf-8", "puffs.csv")


@reads
def array(request: HttpRequest) -> HttpResponseBase:
    """For programs: one array, so that a file that was cut short can't be taken for a whole one."""
    return _send(request, _json, "application/json", "puffs.json")


def _send(
    request: HttpRequest, write: Callable[[Selection], Iterator[str]], content_type: str, name: str
) -> HttpResponseBase:
    form = HistoryForm(request.GET)
    if not form.is_valid():
        return sorry(request, 400, " ".join(str(error) for errors in form.errors.values() for error in errors))
    if not _places.acquire(blocking=False):
        busy = sorry(request, 503, _("As many fetch the history just now as can. Try again in a minute."))
        busy["Retry-After"] = "60"
        return busy
    parts = _one_by_one(write(form.selection()))
    # Given a plain iterator, an ASGI server would gather the whole history before it sends the first byte.
    content = _in_turn(parts) if isinstance(request, ASGIRequest) else parts
    response = StreamingHttpResponse(content, content_type=content_type)
    # However it ends, also before its first part was asked for.
    weakref.finalize(response, _places.release)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _one_by_one(parts: Iterator[str]) -> Iterator[str]:
    while True:
        with _turn:
            part = next(parts, "")
        if not part:
            return
        yield part


async def _in_turn(parts: Iterator[str]) -> AsyncIterator[str]:
    def one_more() -> str:
        return next(parts, "")

    while part := await sync_to_async(one_more)():
        yield part


class _Line:
    """What a CSV writer writes into: it keeps nothing and hands each line back."""

    def write(self, line: str) -> str:
        return line


def _csv(selection: Selection) -> Iterator[str]:
    writer = csv.writer(_Line())
    yield writer.writerow(COLUMNS)
    for rows in selection.pages(CHUNK):
        yield "".join(writer.writerow([_tame(cell) for cell in _cells(row)]) for row in rows)


def _json(selection: Selection) -> Iterator[str]:
    between = "[\n"
    for rows in selection.pages(CHUNK):
        lines = (json.dumps(dict(zip(COLUMNS, _cells(row), strict=True)), ensure_ascii=False) for row in rows)
        yield between + ",\n".join(lines)
        between = ",\n"
    yield "\n]\n" if between != "[\n" else "[]\n"


def _cells(puff: Puff) -> list[Any]:
    zone = puff.cloud.venue.zone
    return [
        puff.pk,
        puff.cloud.name,
        zone.key,
        puff.on_at.astimezone(zone).isoformat(timespec="milliseconds"),
        puff.off_at.astimezone(zone).isoformat(timespec="milliseconds") if puff.off_at else None,
        puff.who,
        puff.get_source_display(),
        puff.run.title if puff.run else "",
        puff.get_pump_display(),
        puff.planned_seconds,
        None if puff.seconds is None else round(puff.seconds, 3),
        puff.get_outcome_display(),
        puff.reason,
        puff.confirmed,
        puff.simulated,
        puff.rehearsal.speed if puff.rehearsal else None,
        puff.told,
    ]


def _tame(cell: Any) -> Any:
    """A cell as a spreadsheet is to show it: a name such as "=1+1" must stay a name, and is no formula."""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell
