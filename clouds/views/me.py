"""A person's own affairs: name, password, a link to share, all their data, and being forgotten."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django import forms
from django.contrib.auth import logout, update_session_auth_hash
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from clouds import known, people, refusals, throttle
from clouds.account_forms import EraseForm, KeepForm, PasswordForm, RenameForm
from clouds.models import Puff, User
from clouds.views import cursors
from clouds.views.accounts import PAGE, as_told
from clouds.views.answers import SeeOther, person, posts, reads, sorry, takes

P = ParamSpec("P")
OwnView = Callable[Concatenate[HttpRequest, User, P], HttpResponseBase]
# What `erase` does, before it does it.
FORGOTTEN = gettext_noop(
    "Your name, your password and the link that you share are deleted. "
    "Your puffs stay in the history, as a visitor's, and what still waits is ended."
)
FORGOTTEN_AS_A_CURATOR = gettext_noop("What you did as a curator stays in its record, under your name.")
asks = takes("GET", "HEAD", "POST")


def own(view: OwnView[P]) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """Hand a view who is asking; whoever has not logged in is asked to."""

    @wraps(view)
    def checked(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        by = person(request)
        if by is None:
            return redirect_to_login(request.path if request.method in ("GET", "HEAD") else reverse("me"))
        response = view(request, by, *args, **kwargs)
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    return checked


@reads
@own
def me(request: HttpRequest, by: User) -> HttpResponse:
    """What one can do about oneself."""
    shared = request.build_absolute_uri(reverse("shared", args=[by.share])) if by.share else ""
    return render(request, "accounts/me.html", {"shared": shared})


@reads
@own
def export(request: HttpRequest, by: User) -> HttpResponse:
    """All that the site knows of them."""
    headers = {"Content-Disposition": 'attachment; filename="my-puffs.json"'}
    return JsonResponse(people.all_of(by), headers=headers, json_dumps_params={"ensure_ascii": False, "indent": 1})


@asks
@own
def rename(request: HttpRequest, by: User) -> HttpResponseBase:
    """Another name."""
    form = RenameForm(_posted(request), initial={"name": by.name})
    if form.is_valid():
        try:
            throttle.spend(throttle.RENAMES, str(by.pk), timezone.now())
            people.rename(by, form.cleaned_data["name"])
            return SeeOther(reverse("me"))
        except refusals.TooMany as refused:
            form.until = refused.until
            form.add_error("name", throttle.told(refused))
        except refusals.NameTaken as refused:
            form.add_error("name", str(refused))
            by.refresh_from_db()
    return _ask(request, form, _("Change my name"), _("Your puffs go with you."))


@posts
@own
def read_notice(request: HttpRequest, by: User) -> HttpResponse:
    """They have read what they were told; back to where they read it."""
    people.read_notice(by)
    to = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(to, {request.get_host()}, require_https=request.is_secure())
    return SeeOther(to if safe else reverse("me"))


@asks
@own
def keep(request: HttpRequest, by: User) -> HttpResponseBase:
    """A guest chooses a password."""
    if not by.is_guest:
        return redirect("me")
    form = KeepForm(by, _posted(request))
    if form.is_valid():
        people.keep(by, form.cleaned_data["password"])
        update_session_auth_hash(request, by)
        request.session.set_expiry(None)
        response = SeeOther(reverse("me"))
        known.remember(response, by)
        return response
    lead = _("With a password you can come back as %(name)s, and your puffs stay yours.") % {"name": by.name}
    return _ask(request, form, _("Keep my name"), lead)


@asks
@own
def password(request: HttpRequest, by: User) -> HttpResponseBase:
    """Another password. Whoever is logged in elsewhere is logged out there."""
    if by.is_guest:
        return redirect("keep")
    form = PasswordForm(request, by, _posted(request))
    if form.is_valid():
        people.keep(by, form.cleaned_data["new"])
        update_session_auth_hash(request, by)
        return SeeOther(reverse("me"))
    return _ask(request, form, _("Change my password"), _("Other phones that are logged in as you are logged out."))


@posts
@own
def share(request: HttpRequest, by: User) -> HttpResponse:
    """Have an address for everyone."""
    people.share(by)
    return SeeOther(reverse("me") + "#sharing")


@posts
@own
def unshare(request: HttpRequest, by: User) -> HttpResponse:
    """Have none any more."""
    people.unshare(by)
    return SeeOther(reverse("me") + "#sharing")


@asks
@own
def erase(request: HttpRequest, by: User) -> HttpResponseBase:
    """Be forgotten, once one has said so twice."""
    form = EraseForm(_posted(request))
    if not form.is_valid():
        lead = f"{_(FORGOTTEN)} {_(FORGOTTEN_AS_A_CURATOR)}" if by.is_staff else _(FORGOTTEN)
        return _ask(request, form, _("Erase me"), lead)
    try:
        people.erase(by)
    except (refusals.StillPuffing, refusals.LastCurator) as refused:
        return sorry(request, 409, str(refused))
    logout(request)
    response = SeeOther(reverse("erased"))
    known.forget(response)
    return response


@reads
def erased(request: HttpRequest) -> HttpResponse:
    """That it is done."""
    return render(request, "accounts/erased.html")


@reads
def shared(request: HttpRequest, share: str) -> HttpResponse:
    """Somebody's puffs, for whoever has the address; nobody need be logged in."""
    whose = User.objects.filter(share=share).first()
    if whose is None:
        return sorry(request, 404, _("There is nothing at this address. Perhaps it is no longer shared."))
    puffs = Puff.objects.filter(asked_by=whose).select_related("cloud__venue").newest_first()
    if "before" in request.GET:
        try:
            puffs = puffs.before(*cursors.read(request.GET["before"]))
        except cursors.BadCursor:
            return sorry(request, 400, _("This page does not exist. Begin at the newest."))
    rows = list(puffs[: PAGE + 1])
    older = cursors.write(rows[PAGE - 1].on_at, rows[PAGE - 1].pk) if len(rows) > PAGE else ""
    response = render(request, "accounts/shared.html", {"whose": whose, "puffs": rows[:PAGE], "older": older})
    response["X-Robots-Tag"] = "noindex"
    return response


def _ask(request: HttpRequest, form: forms.Form, title: str, lead: str) -> HttpResponse:
    """A page with one form, as it is to be filled in or with what is wrong."""
    response = render(request, "accounts/ask.html", {"form": form, "title": title, "lead": lead})
    return as_told(response, form) if form.errors else response


def _posted(request: HttpRequest) -> QueryDict | None:
    return request.POST if request.method == "POST" else None
