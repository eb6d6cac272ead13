"""The curators' door: plain Django admin, which works under a strict content policy."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from django_q.admin import Schedule

from clouds.account_forms import CuratorLogInForm
from clouds.admin import cloud, guestpass, history, kiosk, people, plug, program, rehearsal, show, story, venue

__all__ = ["cloud", "guestpass", "history", "kiosk", "people", "plug", "program", "rehearsal", "show", "story", "venue"]

admin.site.site_header = _("The Cloud: curators")
admin.site.site_title = _("The Cloud")
admin.site.index_title = _("What there is")
admin.site.login_form = CuratorLogInForm
admin.site.enable_nav_sidebar = False
# Which code runs, and when, is not for a form: whoever got into an account here would be on the machine.
admin.site.unregister(Schedule)
