"""The curators' door: plain Django admin, which works under a strict content policy."""

from django.contrib import admin

from clouds.admin import clouds, history, people, plugs, venues

__all__ = ["clouds", "history", "people", "plugs", "venues"]

admin.site.site_header = "The Cloud: curators"
admin.site.site_title = "The Cloud"
admin.site.index_title = "What there is"
admin.site.enable_nav_sidebar = False
