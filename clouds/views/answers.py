"""The answers that every door has: a page with one clear sentence, and see-other after a POST."""

import math
from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Concatenate, ParamSpec

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _

from clouds import refusals
from clouds.models import User

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


class SeeOther(HttpResponseRedirect):
    """What was posted is done; look there. A browser goes on with a GET, so that a reload posts nothing."""

    status_code = 303


def sorry(request: HttpRequest, status: int, sentence: str) -> HttpResponse:
    """The site's own page for a status of 400 and above, with a sentence that says what is the matter."""
    return render(request, f"{status}.html", {"sentence": sentence}, status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400, or 413 for a form that is larger than any of ours."""
    status = 413 if isinstance(exception, RequestDataTooBig) else 400
    return render(request, f"{status}.html", status=status)


def retry_after(response: HttpResponse, refused: refusals.Refused | None, now: datetime) -> HttpResponse:
    """The answer to what was refused until a time says so in its header, too."""
    if refused and refused.until:
        response["Retry-After"] = str(max(1, math.ceil((refused.until - now).total_seconds())))
    return response


def not_so(request: HttpRequest, *allowed: str) -> HttpResponse:
    """405, in a sentence."""
    by_button = _("Nothing happened: this can only be reached by pressing its button.")
    by_link = _("Nothing happened: this can only be reached by following a link.")
    response = sorry(request, 405, by_button if allowed == ("POST",) else by_link)
    response["Allow"] = ", ".join(allowed)
    return response


def takes(*methods: str) -> Callable[[View[P]], View[P]]:
    """Let a view see requests of these methods only."""

    def decorate(view: View[P]) -> View[P]:
        @wraps(view)
        def checked(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if request.method not in methods:
                return not_so(request, *methods)
            return view(request, *args, **kwargs)

        return checked

    return decorate


reads = takes("GET", "HEAD")
posts = takes("POST")


def person(request: HttpRequest) -> User | None:
    """Who is asking; None if they have not logged in."""
    return request.user if request.user.is_authenticated else None
