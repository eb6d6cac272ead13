"""The history of every puff, a page at a time."""

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from clouds.models import Puff, Venue
from clouds.selection import HistoryForm
from clouds.views import cursors
from clouds.views.answers import reads, sorry

PAGE = 50


@reads
def history(request: HttpRequest) -> HttpResponse:
    """A page of the history, newest first, of all of it or of what is asked for; the newest one keeps itself so."""
    form = HistoryForm(request.GET)
    if not form.is_valid():
        return render(request, "clouds/history.html", {"form": form, "puffs": []}, status=400)
    try:
        before, after = _place(request, "before"), _place(request, "after")
    except cursors.BadCursor:
        return _no_such_page(request)
    if before and after:
        return _no_such_page(request)
    rows = form.selection().page(PAGE + 1, before=before, after=after)
    more = len(rows) > PAGE
    rows = rows[1:] if more and after else rows[:PAGE]
    asked = form.asked()

    def there(**place: cursors.Place) -> str:
        return urlencode({**asked, **{name: cursors.write(*at) for name, at in place.items()}})

    context = {
        "form": form,
        "puffs": rows,
        "asked": urlencode(asked),
        "zones": Venue.objects.order_by("time_zone").values_list("time_zone", flat=True).distinct(),
        "is_newest": not before and not after,
        "newer": there(after=_at(rows[0])) if rows and (before or (after and more)) else "",
        "older": there(before=_at(rows[-1])) if rows and (after or more) else "",
        "oldest": there(after=(cursors.EPOCH, 0)),
    }
    return render(request, "clouds/history.html", context)


def _at(puff: Puff) -> cursors.Place:
    return puff.on_at, puff.pk


def _place(request: HttpRequest, name: str) -> cursors.Place | None:
    return cursors.read(request.GET[name]) if name in request.GET else None


def _no_such_page(request: HttpRequest) -> HttpResponse:
    return sorry(request, 400, _("This page of the history does not exist. Begin at its newest page."))
