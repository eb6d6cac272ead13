"""Plugs: where they are, how they were last seen, and what a curator may wish of them."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import lazy
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clouds import actions
from clouds.admin.base import Buttons, OnlyItsFields, View, curator, gone, posts
from clouds.models import Plug
from clouds.templatetags.curators import ago

FIRST_TIME = lazy(format_html, str)(
    "<ol><li>{}</li><li>{}</li><li>{}</li><li>{}</li></ol>",
    gettext_lazy("Bring the plug into the gallery's network with the Kasa app. Leave the pump unplugged for now."),
    gettext_lazy(
        "Have your router give it the same address each time, and keep it from updating its firmware: newer ones speak "
        "another language."
    ),
    gettext_lazy(
        "Write its address here, choose its cloud, and save. Its MAC address is learned when it first answers."
    ),
    gettext_lazy(
        "Press “Test it”: the plug is asked for its name and its timer. When that went well, plug in the pump."
    ),
)


@admin.register(Plug)
class PlugAdmin(OnlyItsFields, Buttons):
    """A plug."""

    list_display = ["name", "cloud", "at", "relay", "trouble", "seen", "model", "marks", "wish_answer"]
    list_filter = ["venue", "relay", "simulated", "unguarded"]
    list_select_related = ["cloud"]
    search_fields = ["name", "host", "mac", "cloud__name"]
    actions = ["test_them", "switch_them_off"]
    readonly_fields = ["relay", "trouble", "seen", "model", "wish", "wished_by", "wish_answer"]
    fieldsets = [
        (
            gettext_lazy("Where it is"),
            {"fields": ["name", "venue", "cloud", "pump", "host", "port", "mac"], "description": FIRST_TIME},
        ),
        (gettext_lazy("What it is"), {"fields": ["family", "simulated", "unguarded"]}),
        (
            gettext_lazy("As seen"),
            {"fields": ["relay", "trouble", "seen", "model", "wish", "wished_by", "wish_answer"]},
        ),
    ]

    @admin.display(description=gettext_lazy("address"), ordering="host")
    def at(self, plug: Plug) -> str:
        """Host and port."""
        return f"{plug.host}:{plug.port}"

    @admin.display(description=gettext_lazy("last seen"), ordering="seen_at")
    def seen(self, plug: Plug) -> str:
        """How long ago it answered."""
        return ago(plug.seen_at)

    @admin.display(description=gettext_lazy("marks"))
    def marks(self, plug: Plug) -> str:
        """What else to know of it."""
        said = {_("simulated"): plug.simulated, _("has no timer of its own"): plug.unguarded}
        return ", ".join(mark for mark, holds in said.items() if holds)

    @admin.action(description=gettext_lazy("Test them"), permissions=["change"])
    def test_them(self, request: HttpRequest, plugs: "QuerySet[Plug]") -> None:
        """Test the plugs that are ticked."""
        self._wish_all(request, plugs, Plug.Wish.TEST)

    @admin.action(description=gettext_lazy("Switch them off now"), permissions=["change"])
    def switch_them_off(self, request: HttpRequest, plugs: "QuerySet[Plug]") -> None:
        """Switch the plugs off that are ticked."""
        self._wish_all(request, plugs, Plug.Wish.OFF)

    def buttons(self) -> dict[str, View]:
        """Test it, and switch it off now."""
        return {"wish": self.wish}

    @posts
    def wish(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask the conductor for what the button says."""
        plug = self.row(request, pk)
        if plug is None:
            return gone(request)
        what = request.POST.get("wish", "")
        if what not in (Plug.Wish.TEST, Plug.Wish.OFF):
            return render(request, "400.html", {"sentence": _("A plug can be tested or switched off.")}, status=400)
        actions.wish(plug, Plug.Wish(what), by=curator(request))
        return self.back(
            request,
            _("Asked for: %(label)s. The answer will stand here.") % {"label": Plug.Wish(what).label},
            self.address(plug),
        )

    def _wish_all(self, request: HttpRequest, plugs: "QuerySet[Plug]", what: Plug.Wish) -> None:
        for plug in plugs.select_related("venue"):
            actions.wish(plug, what, by=curator(request))
        messages.success(
            request, _("Asked for: %(label)s. The answers will stand beside the plugs.") % {"label": what.label}
        )
