"""A kiosk's pages: one that attracts and shows the turn, one that asks for a name. No link leads away from them."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from clouds import codes, kiosks, refusals
from clouds.account_forms import KioskForm
from clouds.checks import is_this_machine
from clouds.models import Kiosk
from clouds.templatetags import telling
from clouds.views import button, heavens, standing, ticket
from clouds.views.answers import SeeOther, posts, reads, retry_after, takes
from clouds.views.sky import ms_until, offer_to, status_of
from cloudsite import environment

# What waits for a person goes on by itself after these.
NAME_WITHIN, SORRY_FOR = timedelta(seconds=45), timedelta(seconds=15)
# Without any news the page is fetched anew, for the sky and the code behind it, and so that the kiosk is seen.
LOOKS_EVERY, LOOKS_IN_A_TURN_EVERY = timedelta(seconds=60), timedelta(seconds=2)


class NoKiosk(Exception):
    """This device may not show this page; the sentence says why, and `status` in a number."""

    def __init__(self, sentence: str, status: int = 403) -> None:
        super().__init__(sentence)
        self.status = status


@reads
def kiosk(request: HttpRequest, slug: str) -> HttpResponseBase:
    """The cloud and a button; or, while somebody has a turn, how that stands."""
    try:
        found = _of(request, slug)
    except NoKiosk as why:
        return _sorry(request, slug, why)
    now = timezone.now()
    kiosks.seen(found, now)
    response = _uncached(render(request, "kiosk/kiosk.html", _context(found, now)))
    kiosks.remember(response, request.COOKIES[kiosks.COOKIE])
    return response


@takes("GET", "HEAD", "POST")
def turn(request: HttpRequest, slug: str) -> HttpResponseBase:
    """A name, if they like; then they press."""
    try:
        found = _of(request, slug)
    except NoKiosk as why:
        return _sorry(request, slug, why)
    if request.method != "POST":
        return _ask(request, found, KioskForm())
    form = KioskForm(request.POST)
    if not form.is_valid():
        return _ask(request, found, form, 400)
    try:
        kiosks.begin(found, form.cleaned_data["name"])
    except refusals.Refused as refused:
        form.add_error(None, _in_full(refused, found))
        return retry_after(_ask(request, found, form, status_of(refused)), refused, timezone.now())
    return SeeOther(_url(found))


@posts
def here(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Somebody touches the screen while they wait."""
    try:
        found = _of(request, slug)
    except NoKiosk as why:
        return _sorry(request, slug, why)
    kiosks.touch(found)
    return SeeOther(_url(found))


@posts
def leave(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Whoever has the turn ends it."""
    try:
        found = _of(request, slug)
    except NoKiosk as why:
        return _sorry(request, slug, why)
    kiosks.leave(found)
    return SeeOther(_url(found))


def _of(request: HttpRequest, slug: str) -> Kiosk:
    """The kiosk that this device is, which must be this cloud's. Raises NoKiosk."""
    found = Kiosk.objects.of_device(request.COOKIES.get(kiosks.COOKIE, ""))
    if found is None:
        raise NoKiosk(_("This device is no kiosk. A curator can make it one, on the cloud's page in the admin."))
    if found.revoked_at:
        raise NoKiosk(_("This device is no kiosk any more. A curator can make it one again."))
    if found.cloud.slug != slug:
        raise NoKiosk(_("This device is the kiosk of %(cloud)s.") % {"cloud": found.cloud})
    if not found.cloud.enabled:
        raise NoKiosk(_("%(cloud)s is switched off for now.") % {"cloud": found.cloud}, 404)
    return found


def _context(found: Kiosk, now: datetime) -> dict[str, Any]:
    cloud, current = found.cloud, kiosks.turn(found, now)
    if current and not current.is_quiet:
        ticket.sign(current.guest, [current.run], now)
    guest = current.guest if current and not current.is_over else None
    stands = standing.of(cloud, now)
    seconds, why_not = offer_to(None, cloud, now) if current is None else (None, None)
    place = ticket.context(stands, guest, now, may_press=seconds is not None, by_themselves=False)
    shown = button.of(stands, seconds, place, why_not, now)
    return {
        **place,
        "kiosk": found,
        "turn": current,
        "puff": current.run.puffs.first() if current and current.is_over else None,
        "standing": stands,
        "at": now,
        "phase": heavens.over(cloud.venue, now),
        "button": shown,
        "label": _("Puff it") if shown.does == "puff" else shown.label,
        "says": {**button.words(), "puff": _("Puff it")},
        "press": min(cloud.puff_seconds, cloud.seconds_that_fit_on(stands.fill)) or "",
        "seconds": seconds,
        "reason": str(why_not) if why_not and str(why_not) != stands.sentence else "",
        "refusal": why_not,
        "again": _again(current, why_not, now),
        "code": _code(found, now),
    }


def _again(current: kiosks.Turn | None, why_not: refusals.Refused | None, now: datetime) -> int | None:
    """After how many ms the page is another one, without any news."""
    if current is None:
        until = why_not.until if why_not and why_not.until else now + LOOKS_EVERY
        return ms_until(min(until, now + LOOKS_EVERY), now)
    return ms_until(current.told_until or now + LOOKS_IN_A_TURN_EVERY, now)


def _code(found: Kiosk, now: datetime) -> SafeString | None:
    """The way in for phones: by the kiosk's pass while that is good, else to the cloud. None where no phone gets."""
    if is_this_machine(environment.parts(settings.SITE_URL).hostname):
        return None
    chosen, path = found.guest_pass, reverse("cloud", args=[found.cloud.slug])
    if chosen:
        try:
            chosen.check_usable(now)
            path = chosen.path
        except (refusals.PassOver, refusals.PassNotYet):
            pass
    return codes.drawn(f"{settings.SITE_URL}{path}")


def _ask(request: HttpRequest, found: Kiosk, form: KioskForm, status: int = 200) -> HttpResponse:
    now = timezone.now()
    context = {
        "kiosk": found,
        "standing": standing.of(found.cloud, now),
        "phase": heavens.over(found.cloud.venue, now),
        "form": form,
        "idle": _ms(SORRY_FOR if form.non_field_errors() else NAME_WITHIN),
    }
    return _uncached(render(request, "kiosk/turn.html", context, status=status))


def _in_full(refused: refusals.Refused, found: Kiosk) -> str:
    if refused.until is None:
        return str(refused)
    when = telling.plain_when(refused.until, found.cloud.venue.zone)
    return f"{refused} " + _("Try again from %(when)s on.") % {"when": when}


def _sorry(request: HttpRequest, slug: str, why: NoKiosk) -> HttpResponse:
    """A page that says why, and looks again by itself: a kiosk that is one again needs nobody."""
    context = {"sentence": str(why), "home": reverse("kiosk", args=[slug]), "idle": _ms(SORRY_FOR)}
    return _uncached(render(request, "kiosk/sorry.html", context, status=why.status))


def _uncached(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "no-store"
    response["X-Robots-Tag"] = "noindex"
    return response


def _ms(time: timedelta) -> int:
    return round(time.total_seconds() * 1000)


def _url(found: Kiosk) -> str:
    return reverse("kiosk", args=[found.cloud.slug])
