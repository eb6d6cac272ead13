"""A guest pass: what the code on the wall opens. Looking at it changes nothing, since previews of links look, too."""

import secrets

from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from clouds import addresses, people, refusals, throttle
from clouds.account_forms import PassForm
from clouds.models import Cloud, GuestPass
from clouds.views.accounts import as_told
from clouds.views.answers import SeeOther, person, sorry, takes

STATUS: dict[type[refusals.Refused], int] = {refusals.PassNotYet: 403, refusals.PassOver: 410}
GUEST_STAYS_SECONDS = 12 * 60 * 60


@takes("GET", "HEAD", "POST")
def guest_pass(request: HttpRequest, signed: str) -> HttpResponseBase:
    """A name, please; who has one goes on as themselves."""
    response = _answer(request, signed)
    response["Cache-Control"] = "no-store"
    # Nobody else gets the pass. With “no-referrer” browsers would send our own form without an origin.
    response["Referrer-Policy"] = "same-origin"
    response["X-Robots-Tag"] = "noindex"
    return response


def _answer(request: HttpRequest, signed: str) -> HttpResponseBase:
    found = GuestPass.objects.signed(signed)
    if found is None:
        return sorry(request, 404, _("There is no such pass. Scan the code again, or type its address anew."))
    if person(request):
        # Whoever sent the form twice is in by now, and whoever looks has asked for nothing.
        return SeeOther(_beyond(found)) if request.method == "POST" else redirect(_beyond(found))
    try:
        if request.method == "POST":
            return _join(request, found)
        found.check_usable(timezone.now())
        return _page(request, found, _blank(found))
    except (refusals.PassNotYet, refusals.PassOver) as refused:
        return _sorry(request, found, refused)


def _join(request: HttpRequest, found: GuestPass) -> HttpResponseBase:
    form = PassForm(request.POST)
    now = timezone.now()
    if not form.is_valid():
        found.check_usable(now)
        return as_told(_page(request, found, form), form)
    try:
        throttle.spend(throttle.JOINS_BY_ADDRESS, addresses.of_visitor(request.META), now)
        throttle.spend(throttle.JOINS_BY_PASS, str(found.pk), now)
        guest = people.join(found, form.cleaned_data["name"], form=form.cleaned_data["form"])
    except (refusals.TooMany, refusals.NameTaken) as refused:
        form.until = refused.until
        form.add_error(None, throttle.told(refused) if isinstance(refused, refusals.TooMany) else str(refused))
        return as_told(_page(request, found, form), form)
    login(request, guest, backend="django.contrib.auth.backends.ModelBackend")
    request.session.set_expiry(GUEST_STAYS_SECONDS)
    return SeeOther(_beyond(found))


def _blank(found: GuestPass) -> PassForm:
    return PassForm(initial={"name": found.person, "form": secrets.token_urlsafe(16)})


def _page(request: HttpRequest, found: GuestPass, form: PassForm) -> HttpResponse:
    return render(request, "pass/pass.html", {"pass": found, "form": form})


def _sorry(request: HttpRequest, found: GuestPass, refused: refusals.Refused) -> HttpResponse:
    context = {"sentence": str(refused), "until": refused.until, "venue": found.venue}
    return render(request, "pass/sorry.html", context, status=STATUS[type(refused)])


def _beyond(found: GuestPass) -> str:
    """The cloud that a pass is for, or the only one there is; else the sky."""
    clouds = Cloud.objects.switched_on().of(found.venue)
    if found.cloud:
        clouds = clouds.filter(pk=found.cloud.pk)
    one = list(clouds[:2])
    return reverse("cloud", args=[one[0].slug]) if len(one) == 1 else reverse("sky")
