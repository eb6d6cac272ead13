"""Signing up, logging in and out, and what a visitor asked for."""

import math
from typing import Any

from django.contrib import admin
from django.contrib.auth import login
from django.contrib.auth import views as auth
from django.contrib.auth.views import RedirectURLMixin, redirect_to_login
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.generic import FormView

from clouds import addresses, refusals, throttle
from clouds.account_forms import LogInForm, SignUpForm
from clouds.models import Run
from clouds.views import cursors, ticket
from clouds.views.answers import not_so, person, reads, sorry

PAGE = 50


def as_told(response: HttpResponse, form: Any) -> HttpResponse:
    """A page with a form in which something is wrong: 400, or 429 when it was tried too often."""
    until = getattr(form, "until", None)
    response.status_code = 429 if until else 400
    if until:
        response["Retry-After"] = str(max(1, math.ceil((until - timezone.now()).total_seconds())))
    return response


class SaysSo:
    """Errors in a form come with status 400, and other methods with a sentence."""

    http_method_names: list[str]

    def form_invalid(self, form: Any) -> HttpResponse:
        """The form again, with what is wrong."""
        response: HttpResponse = super().form_invalid(form)  # type: ignore[misc]
        return as_told(response, form)

    def http_method_not_allowed(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """405, in a sentence."""
        return not_so(request, *(method.upper() for method in self.http_method_names))


class SignUp(SaysSo, RedirectURLMixin, FormView):  # type: ignore[type-arg]
    """A new visitor, who is logged in at once."""

    form_class = SignUpForm
    template_name = "accounts/signup.html"
    next_page = "sky"
    http_method_names = ["get", "head", "post"]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """A guest keeps what is theirs, and needn't begin again."""
        by = person(request)
        return redirect("keep") if by and by.is_guest else super().dispatch(request, *args, **kwargs)

    def form_valid(self, form: SignUpForm) -> HttpResponse:
        """Make the user, log them in, and take them where they were going."""
        try:
            throttle.spend(throttle.SIGN_UPS, addresses.of_visitor(self.request.META), timezone.now())
        except refusals.TooMany as refused:
            form.until = refused.until
            form.add_error(None, throttle.told(refused))
            return self.form_invalid(form)
        user = form.make()
        if user is None:
            return self.form_invalid(form)
        login(self.request, user, backend="django.contrib.auth.backends.ModelBackend")
        return HttpResponseRedirect(self.get_success_url())

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """With where to go next, for the form and for the link to the other form."""
        return super().get_context_data(**kwargs, next=self.get_redirect_url())


class LogIn(SaysSo, auth.LoginView):
    """Name and password, please."""

    authentication_form = LogInForm
    template_name = "accounts/login.html"
    http_method_names = ["get", "head", "post"]


def curators_log_in(request: HttpRequest) -> HttpResponse:
    """The admin's own page, with a status that says when it was tried too often."""
    response = admin.site.login(request)
    form = (getattr(response, "context_data", None) or {}).get("form")
    return as_told(response, form) if getattr(form, "until", None) else response


class LogOut(SaysSo, auth.LogoutView):
    """By POST only: a link in a preview must not log anybody out."""

    http_method_names = ["post"]


@reads
def puffs(request: HttpRequest) -> HttpResponseBase:
    """What a visitor asked for and what became of it, newest first."""
    by = person(request)
    if by is None:
        return redirect_to_login(reverse("puffs"))
    runs = Run.objects.filter(asked_by=by).select_related("cloud__venue").order_by("-asked_at", "-pk")
    if "before" in request.GET:
        try:
            at, pk = cursors.read(request.GET["before"])
        except cursors.BadCursor:
            return sorry(request, 400, _("This page of your puffs does not exist. Begin at the newest."))
        runs = runs.filter(Q(asked_at__lt=at) | Q(asked_at=at, pk__lt=pk))
    rows = list(runs[: PAGE + 1])
    older = cursors.write(rows[PAGE - 1].asked_at, rows[PAGE - 1].pk) if len(rows) > PAGE else ""
    now = timezone.now()
    ticket.sign(by, rows, now)
    turns = ticket.turns(by, rows, now)
    lively = any(run.state != Run.State.ENDED for run in rows)
    context = {"runs": rows[:PAGE], "turns": turns, "older": older, "lively": lively}
    return render(request, "accounts/puffs.html", context)
