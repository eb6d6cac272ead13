"""The history of every puff: to read, to keep as a table, and puff by puff."""

import csv
from collections.abc import AsyncIterator, Iterator
from typing import Any
from urllib.parse import urlencode

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render

from clouds.forms import HistoryForm
from clouds.models import Puff, Venue
from clouds.models.puff import PuffQuerySet
from clouds.views import cursors
from clouds.views.answers import reads, sorry

PAGE = 50
CHUNK = 500
COLUMNS = [
    "puff", "cloud", "time zone", "on", "off", "who", "why", "did", "planned seconds", "real seconds", "outcome",
    "reason", "times confirmed", "simulated", "rehearsed at speed", "told",
]  # fmt: skip


@reads
def history(request: HttpRequest) -> HttpResponse:
    """A page of the history, newest first, of all clouds and days or of those that are asked for."""
    form = HistoryForm(request.GET)
    if not form.is_valid():
        return render(request, "clouds/history.html", {"form": form, "puffs": []}, status=400)
    puffs = _select(form.rows())
    if "before" in request.GET:
        try:
            puffs = puffs.before(*cursors.read(request.GET["before"]))
        except cursors.BadCursor:
            return sorry(request, 400, "This page of the history does not exist. Begin at its newest page.")
    rows = list(puffs[: PAGE + 1])
    kept = {key: request.GET[key] for key in ("cloud", "day") if request.GET.get(key)}
    older = {**kept, "before": cursors.write(rows[PAGE - 1].on_at, rows[PAGE - 1].pk)} if len(rows) > PAGE else None
    context = {
        "form": form,
        "puffs": rows[:PAGE],
        "zones": sorted({venue.time_zone for venue in Venue.objects.all()}),
        "older": urlencode(older) if older else "",
        "selection": urlencode(kept),
        "is_newest": "before" not in request.GET,
    }
    return render(request, "clouds/history.html", context)


@reads
def table(request: HttpRequest) -> HttpResponseBase:
    """The same selection as a file for spreadsheets, sent as it is read."""
    form = HistoryForm(request.GET)
    if not form.is_valid():
        return sorry(request, 400, " ".join(str(error) for errors in form.errors.values() for error in errors))
    parts = _parts(form.rows())
    # Given a plain iterator, an ASGI server would gather the whole history before it sends the first byte.
    content = _in_turn(parts) if isinstance(request, ASGIRequest) else parts
    response = StreamingHttpResponse(content, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="puffs.csv"'
    return response


@reads
def puff(request: HttpRequest, pk: int) -> HttpResponse:
    """One puff."""
    found = Puff.everything.filter(pk=pk).select_related("cloud__venue", "asked_by", "run", "plug", "rehearsal").first()
    if found is None:
        return sorry(request, 404, "There is no such puff.")
    return render(request, "clouds/puff.html", {"puff": found})


def _select(wanted: Q) -> PuffQuerySet:
    return Puff.everything.filter(wanted).select_related("cloud__venue", "asked_by", "rehearsal", "run").newest_first()


class _Line:
    """What a CSV writer writes into: it keeps nothing and hands each line back."""

    def write(self, line: str) -> str:
        return line


def _parts(wanted: Q) -> Iterator[str]:
    writer = csv.writer(_Line())
    yield writer.writerow(COLUMNS)
    rows = list(_select(wanted)[:CHUNK])
    while rows:
        yield "".join(writer.writerow([_tame(cell) for cell in _cells(row)]) for row in rows)
        rows = list(_select(wanted).before(rows[-1].on_at, rows[-1].pk)[:CHUNK])


async def _in_turn(parts: Iterator[str]) -> AsyncIterator[str]:
    def one_more() -> str:
        return next(parts, "")

    while part := await sync_to_async(one_more)():
        yield part


def _cells(puff: Puff) -> list[Any]:
    zone = puff.cloud.venue.zone
    return [
        puff.pk,
        puff.cloud.name,
        zone.key,
        puff.on_at.astimezone(zone).isoformat(timespec="milliseconds"),
        puff.off_at.astimezone(zone).isoformat(timespec="milliseconds") if puff.off_at else "",
        puff.who,
        puff.get_source_display(),
        puff.get_pump_display(),
        puff.planned_seconds,
        None if puff.seconds is None else round(puff.seconds, 3),
        puff.get_outcome_display(),
        puff.reason,
        "yes" if puff.confirmed else "no",
        "yes" if puff.simulated else "no",
        puff.rehearsal.speed if puff.rehearsal else "",
        puff.told,
    ]


def _tame(cell: Any) -> Any:
    """A name such as "=1+1" must stay a name: spreadsheets take what begins so for a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell
