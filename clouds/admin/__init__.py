"""The curators' door: plain Django admin, which works under a strict content policy."""

from django.contrib import admin

from clouds.admin import cloud, history, people, plug, program, rehearsal, show, story, venue

__all__ = ["cloud", "history", "people", "plug", "program", "rehearsal", "show", "story", "venue"]

admin.site.site_header = "The Cloud: curators"
admin.site.site_title = "The Cloud"
admin.site.index_title = "What there is"
admin.site.enable_nav_sidebar = False
