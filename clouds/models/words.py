"""What the admin calls models and fields that bear no name of their own: what Django makes of the code, translated.

It is set once the models are there, since a name that stands in a field or in Meta is part of the database's history.
"""

from collections.abc import Iterable

from django.db import models
from django.utils.translation import gettext_lazy
from django.utils.translation import gettext_noop as _

# For `makemessages`, which reads calls: all that people get to see.
MODELS = (
    _("act"), _("acts"),
    _("blocked word"), _("blocked words"),
    _("cloud"), _("clouds"),
    _("fact"), _("facts"),
    _("plug"), _("plugs"),
    _("program"), _("programs"),
    _("puff"), _("puffs"),
    _("rehearsal"), _("rehearsals"),
    _("run"), _("runs"),
    _("show"), _("shows"),
    _("steps"),
    _("story"),
    _("user"), _("users"),
    _("venue"), _("venues"),
)  # fmt: skip
FIELDS = (
    _("about"), _("asked at"), _("asked by"), _("cluster"), _("confirmed"), _("description"), _("done at"),
    _("done by"), _("due at"), _("ended at"), _("family"), _("fill"), _("joined at"), _("kind"), _("label"),
    _("made at"), _("made by"), _("model"), _("name"), _("nominal at"), _("off at"), _("on at"), _("outcome"),
    _("person"), _("planned seconds"), _("port"), _("position"), _("priority"), _("protected"), _("pump"),
    _("reason"), _("relay"), _("repeats"), _("replaces"), _("seconds"), _("simulated"), _("slug"), _("source"),
    _("speed"), _("started at"), _("state"), _("step"), _("time zone"), _("title"), _("told"), _("trouble"),
    _("unguarded"), _("valid from"), _("valid until"), _("wish"), _("wish answer"), _("wished by"), _("word"),
)  # fmt: skip


def translate(those: Iterable[type[models.Model]]) -> None:
    """Have the names of these models and of their fields be those of the reader's language."""
    for model in those:
        meta = model._meta
        if "verbose_name_plural" not in meta.original_attrs:
            meta.verbose_name_plural = gettext_lazy(f"{meta.verbose_name_raw}s")
        if isinstance(meta.verbose_name, str):
            meta.verbose_name = gettext_lazy(meta.verbose_name)
        for field in meta.local_fields:
            if isinstance(field.verbose_name, str):
                field.verbose_name = gettext_lazy(field.verbose_name)
