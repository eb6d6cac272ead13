"""The site's addresses."""

from django.contrib import admin
from django.urls import path

from clouds import feeds
from clouds.live import polling
from clouds.views import (
    accounts,
    charts,
    files,
    health,
    history,
    kiosk,
    me,
    offline,
    passes,
    puff,
    shows,
    sky,
    story,
)

urlpatterns = [
    path("", sky.sky, name="sky"),
    path("wall/", sky.wall, name="wall"),
    path("clouds/<slug:slug>/", sky.cloud, name="cloud"),
    path("clouds/<slug:slug>/press/", sky.press, name="press"),
    path("clouds/<slug:slug>/story/", story.story, name="story"),
    path("runs/<int:pk>/end/", sky.end, name="end"),
    path("runs/<int:pk>/here/", sky.here, name="here"),
    path("events.json", polling.events_json, name="events_json"),
    path("history/", history.history, name="history"),
    path("history/charts/", charts.page, name="charts"),
    path("history.csv", files.table, name="history_csv"),
    path("history.json", files.array, name="history_json"),
    path("history/<int:pk>/", puff.puff, name="puff"),
    path("shows/", shows.shows, name="shows"),
    path("shows.ics", feeds.all_shows, name="shows_ics"),
    path("clouds/<slug:slug>/shows.ics", feeds.shows_of, name="cloud_ics"),
    path("accounts/signup/", accounts.SignUp.as_view(), name="signup"),
    path("accounts/login/", accounts.LogIn.as_view(), name="login"),
    path("accounts/logout/", accounts.LogOut.as_view(), name="logout"),
    path("accounts/puffs/", accounts.puffs, name="puffs"),
    path("accounts/me/", me.me, name="me"),
    path("accounts/me.json", me.export, name="export"),
    path("accounts/name/", me.rename, name="rename"),
    path("accounts/notice/", me.read_notice, name="read_notice"),
    path("accounts/keep/", me.keep, name="keep"),
    path("accounts/password/", me.password, name="password"),
    path("accounts/share/", me.share, name="share"),
    path("accounts/unshare/", me.unshare, name="unshare"),
    path("accounts/erase/", me.erase, name="erase"),
    path("accounts/erased/", me.erased, name="erased"),
    path("shared/<slug:share>/", me.shared, name="shared"),
    path("pass/<str:signed>/", passes.guest_pass, name="pass"),
    path("kiosk/<slug:slug>/", kiosk.kiosk, name="kiosk"),
    path("kiosk/<slug:slug>/turn/", kiosk.turn, name="kiosk_turn"),
    path("kiosk/<slug:slug>/here/", kiosk.here, name="kiosk_here"),
    path("kiosk/<slug:slug>/leave/", kiosk.leave, name="kiosk_leave"),
    path("manifest.webmanifest", offline.manifest, name="manifest"),
    path("service-worker.js", offline.service_worker, name="service_worker"),
    path("offline/", offline.offline, name="offline"),
    path("healthz", health.healthz, name="healthz"),
    path("admin/login/", accounts.curators_log_in),
    path("admin/", admin.site.urls),
]
handler400 = "clouds.views.answers.bad_request"
