"""The sky, one cloud's page, and the button."""

import math
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from clouds import actions, refusals
from clouds.models import Cloud, Fact, Puff, Run, User
from clouds.views import button, heavens, standing, story, ticket
from clouds.views.answers import SeeOther, person, posts, reads, retry_after, sorry
from clouds.views.taps import Taps

STATUS: dict[type[refusals.Refused], int] = {
    refusals.CoolingDown: 429,
    refusals.Resting: 429,
    refusals.Stopped: 503,
    refusals.Held: 503,
    refusals.Closed: 503,
    refusals.Unreachable: 503,
    refusals.SwitchedOff: 404,
    refusals.NotTold: 404,
}
LAST_PUFFS = 5
_taps = Taps()
AN_HOUR = timedelta(hours=1)


@reads
def sky(request: HttpRequest) -> HttpResponse:
    """Every cloud that is switched on."""
    return render(request, "clouds/sky.html", _every_cloud(timezone.now()))


@reads
def wall(request: HttpRequest) -> HttpResponse:
    """The same for a projector by the work: nothing to press, and nothing that leads away."""
    return render(request, "clouds/wall.html", _every_cloud(timezone.now()))


@reads
def cloud(request: HttpRequest, slug: str) -> HttpResponse:
    """One cloud and its button."""
    found = _fetch(slug)
    return _page(request, found) if found else _no_such_cloud(request)


@posts
def press(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Puff a cloud: nothing is rendered on the way to the pump, nor read that `actions.press` reads itself."""
    session = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
    if session and _taps.are_too_many(session):
        told = _("That was faster than anybody can puff. Try again in a moment.")
        return HttpResponse(told, status=429, content_type="text/plain; charset=utf-8", headers={"Retry-After": "2"})
    found = Cloud.objects.switched_on().filter(slug=slug).only("slug").order_by().first()
    if found is None:
        return _no_such_cloud(request)
    fact, back = None, _url(found)
    if "fact" in request.POST:
        fact = story.chosen(found, request.POST["fact"])
        if fact is None:
            return sorry(request, 404, _("This is not a part of its story, or not any more."))
        back = story.url(found, fact)
    by = person(request)
    if by is None:
        return redirect_to_login(back)
    try:
        actions.press(found, by=by, fact=fact)
    except refusals.Refused as refused:
        return _refuse(request, slug, refused, fact)
    return SeeOther(back)


def _refuse(request: HttpRequest, slug: str, refused: refusals.Refused, fact: Fact | None) -> HttpResponse:
    """The page on which it was pressed, which says why not."""
    found = _fetch(slug)
    if found is None or isinstance(refused, refusals.SwitchedOff):
        return _no_such_cloud(request)
    if isinstance(refused, refusals.NotTold):
        return sorry(request, status_of(refused), str(refused))
    if fact:
        return story.page(request, found, fact=fact, refused=refused, status=status_of(refused))
    return _page(request, found, refused)


@posts
def end(request: HttpRequest, pk: int) -> HttpResponseBase:
    """A visitor takes back what they asked for."""
    by = person(request)
    if by is None:
        return redirect_to_login(reverse("puffs"))
    run = Run.objects.live().of_visitors().filter(pk=pk, asked_by=by).select_related("cloud__venue").first()
    if run is None:
        return sorry(request, 404, _("There is no puff of yours here to take back. Perhaps it is over already."))
    try:
        actions.end(run, by=by)
    except refusals.TooLate as refused:
        return sorry(request, 409, str(refused))
    return SeeOther(_url(run.cloud))


@posts
def here(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The page of a visitor who waits says that they are still there."""
    by = person(request)
    if by is None or not Run.objects.waiting().of_visitors().filter(pk=pk, asked_by=by).exists():
        return sorry(request, 404, _("There is no puff of yours that waits here. Perhaps it is over already."))
    actions.here(by=by, now=timezone.now())
    return HttpResponse(status=204)


def _every_cloud(now: datetime) -> dict[str, Any]:
    clouds = list(Cloud.objects.switched_on().select_related("venue"))
    standings = standing.of_all(clouds, now)
    return {
        "standings": standings,
        "sentence": standing.in_a_sentence(standings),
        "lively": any(one.is_lively for one in standings),
        "at": now,
        "phase": heavens.over(clouds[0].venue if clouds else None, now),
    }


def _fetch(slug: str) -> Cloud | None:
    return Cloud.objects.switched_on().select_related("venue").filter(slug=slug).first()


def _url(found: Cloud) -> str:
    return reverse("cloud", args=[found.slug])


def _no_such_cloud(request: HttpRequest) -> HttpResponse:
    return sorry(request, 404, _("There is no such cloud, or it is switched off."))


def _page(request: HttpRequest, found: Cloud, refused: refusals.Refused | None = None) -> HttpResponse:
    """The cloud's page; after a press that was refused it says why, with a status to match."""
    now = timezone.now()
    by = person(request)
    stands = standing.of(found, now)
    seconds, why_not = offer_to(by, found, now)
    turn = ticket.context(stands, by, now, may_press=seconds is not None)
    refusal = refused or (None if turn["mine"] else why_not)
    context = {
        **turn,
        "standing": stands,
        "at": now,
        "phase": heavens.over(found.venue, now),
        "button": button.of(stands, seconds, turn, why_not, now),
        "says": button.words(),
        "press": min(found.puff_seconds, found.seconds_that_fit_on(stands.fill)) or "",
        "seconds": seconds,
        "reason": str(refusal) if refusal and str(refusal) != stands.sentence else "",
        "refusal": refusal,
        "refused": refused,
        "again": ms_until(refusal.until if refusal else None, now),
        "last_puffs": Puff.objects.filter(cloud=found).select_related("asked_by").newest_first()[:LAST_PUFFS],
    }
    response = render(request, "clouds/cloud.html", context, status=status_of(refused))
    return retry_after(response, refused, now)


def ms_until(at: datetime | None, now: datetime) -> int | None:
    """When a visitor's page is another one, without any news of the cloud: their cool-down is over, say."""
    return math.ceil(min(at - now, AN_HOUR).total_seconds() * 1000) if at else None


def offer_to(by: User | None, found: Cloud, now: datetime) -> tuple[float | None, refusals.Refused | None]:
    """The seconds that a press of theirs would get, or why it would be refused."""
    try:
        return actions.offer(found, by=by, now=now), None
    except refusals.Refused as refused:
        return None, refused


def status_of(refused: refusals.Refused | None) -> int:
    """The status of a page that says why something was refused."""
    return STATUS.get(type(refused), 409) if refused else 200
