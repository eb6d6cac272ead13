"""Cloudsite's settings. What a site may choose comes from the environment; docs/install.md lists it."""

import os
from pathlib import Path
from typing import Any

from django.utils.translation import gettext_lazy

from cloudsite import environment

BASE_DIR = Path(__file__).resolve().parent.parent
DATA = environment.data_folder(BASE_DIR / "data")
SECRET_KEY = environment.secret_key(DATA)
DEBUG = False

SITE_URL = os.environ.get("SITE_URL", "http://localhost:8000").rstrip("/")
LAN_HTTP = environment.names("LAN_HTTP")
_SITE = environment.parts(SITE_URL)
_HTTPS = _SITE.scheme == "https"
ALLOWED_HOSTS = [_SITE.hostname or "localhost", "localhost", "127.0.0.1", "[::1]", *LAN_HTTP]
CSRF_TRUSTED_ORIGINS = [SITE_URL] if _SITE.hostname else []

INSTALLED_APPS = [
    "clouds",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_q",
    "csp",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "cloudsite.urls"
ASGI_APPLICATION = "cloudsite.asgi.application"
WSGI_APPLICATION = "cloudsite.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "clouds.views.heavens.behind",
            ]
        },
    }
]

SQLITE = {
    "ENGINE": "django.db.backends.sqlite3",
    "NAME": DATA / "cloudsite.sqlite3",
    "CONN_MAX_AGE": None,
    # Untuned, SQLite loses writes under load: "database is locked".
    "OPTIONS": {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    },
}
DATABASE_URL = os.environ.get("DATABASE_URL", "")
_DATABASE, DATABASE_TROUBLE = environment.database(DATABASE_URL, SQLITE)
DATABASES: dict[str, Any] = {"default": _DATABASE}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# A cluster's sentinel tells its workers through this cache that it is stopping; it must be seen by every process.
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
    "cluster": {"BACKEND": "django.core.cache.backends.filebased.FileBasedCache", "LOCATION": DATA / "cluster"},
}
# A task is a wake-up and the truth is in the rows, so a task is never run again for having failed.
Q_CLUSTER: dict[str, Any] = {
    "name": "cloudsite",
    "label": gettext_lazy("Tasks"),
    "poll": 0.2,
    "workers": 3,
    "bulk": 1,
    "queue_limit": 4,
    "timeout": 60,
    "retry": 120,
    "ack_failures": True,
    "max_attempts": 1,
    "catch_up": False,
    "guard_cycle": 0.5,
    "save_limit": 250,
    "cache": "cluster",
    "ALT_CLUSTERS": {},
}
REDIS_URL = os.environ.get("REDIS_URL", "")
if REDIS_URL:
    Q_CLUSTER["redis"] = REDIS_URL
else:
    Q_CLUSTER["orm"] = "default"

AUTH_USER_MODEL = "clouds.User"
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ["name"]},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "sky"
LOGOUT_REDIRECT_URL = "sky"

LANGUAGE_CODE = "en"
# The languages there are catalogs of, one folder each: docs/develop.md says how one is added.
LANGUAGES = [("en", gettext_lazy("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = DATA / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

DATA_UPLOAD_MAX_MEMORY_SIZE = 256 * 1024
# The largest form is a program of 500 steps, with some more to be told that these are too many.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 3500
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
        "object-src": ["'none'"],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _HTTPS and not LAN_HTTP
SECURE_HSTS_SECONDS = 31_536_000 if _HTTPS and not LAN_HTTP else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SECURE_HSTS_SECONDS > 0
SECURE_SSL_REDIRECT = _HTTPS and not LAN_HTTP
# The tunnel ends TLS on this machine; the server listens on loopback only, so nobody else can set this header.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _HTTPS else None
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        "django-q": {"handlers": ["console"], "level": "WARNING", "propagate": False},
        "kasa": {"level": "CRITICAL"},
    },
}
