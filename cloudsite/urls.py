"""The site's addresses."""

from django.contrib import admin
from django.urls import path

from clouds import feeds
from clouds.views import accounts, health, history, offline, shows, sky, story

urlpatterns = [
    path("", sky.sky, name="sky"),
    path("wall/", sky.wall, name="wall"),
    path("clouds/<slug:slug>/", sky.cloud, name="cloud"),
    path("clouds/<slug:slug>/press/", sky.press, name="press"),
    path("clouds/<slug:slug>/story/", story.story, name="story"),
    path("runs/<int:pk>/end/", sky.end, name="end"),
    path("runs/<int:pk>/here/", sky.here, name="here"),
    path("history/", history.history, name="history"),
    path("history.csv", history.table, name="history_csv"),
    path("history/<int:pk>/", history.puff, name="puff"),
    path("shows/", shows.shows, name="shows"),
    path("shows.ics", feeds.all_shows, name="shows_ics"),
    path("clouds/<slug:slug>/shows.ics", feeds.shows_of, name="cloud_ics"),
    path("accounts/signup/", accounts.SignUp.as_view(), name="signup"),
    path("accounts/login/", accounts.LogIn.as_view(), name="login"),
    path("accounts/logout/", accounts.LogOut.as_view(), name="logout"),
    path("accounts/puffs/", accounts.puffs, name="puffs"),
    path("manifest.webmanifest", offline.manifest, name="manifest"),
    path("service-worker.js", offline.service_worker, name="service_worker"),
    path("offline/", offline.offline, name="offline"),
    path("healthz", health.healthz, name="healthz"),
    path("admin/", admin.site.urls),
]
