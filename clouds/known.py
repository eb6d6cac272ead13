"""Browsers in which somebody has logged in before: whoever guesses their password elsewhere can't keep them out.

A signed cookie says whose browser it is, and bears a number of its own, by which its tries are counted: what OWASP
calls a device cookie, https://owasp.org/www-community/Slow_Down_Online_Guessing_Attacks_with_Device_Cookies
"""

import secrets
from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from clouds.models import User
from clouds.names import key_of

COOKIE = "known"
LASTS = timedelta(days=365)


def remember(response: HttpResponse, user: User) -> None:
    """Have this browser known as one of theirs from now on. It says nothing of them, and logs nobody in."""
    value = signing.dumps([user.pk, secrets.token_urlsafe(12)], salt=COOKIE)
    response.set_cookie(
        COOKIE, value, max_age=LASTS, httponly=True, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE
    )


def forget(response: HttpResponse) -> None:
    """This browser is nobody's any more."""
    response.delete_cookie(COOKIE, samesite="Lax")


def number_of(request: HttpRequest, name: str) -> str:
    """The number of this browser, if whoever is called so has logged in here; else ""."""
    try:
        pk, number = signing.loads(request.COOKIES.get(COOKIE, ""), salt=COOKIE, max_age=LASTS)
    except signing.BadSignature:
        return ""
    return number if User.objects.filter(pk=pk, name_key=key_of(name)).exists() else ""
