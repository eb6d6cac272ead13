"""A kiosk: a tablet or a screen by a cloud, at which people have a turn without a phone."""

import secrets
from datetime import datetime, timedelta
from typing import ClassVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clouds.models.cloud import Cloud
from clouds.models.guestpass import GuestPass
from clouds.models.run import Run

# Between the tap and its run others may tap, too.
TAP_LASTS = timedelta(seconds=5)


class KioskQuerySet(models.QuerySet["Kiosk"]):
    """Kiosks."""

    def with_all(self) -> "KioskQuerySet":
        """With what its page shows."""
        return self.select_related("cloud__venue", "guest_pass", "guest")

    def of_device(self, secret: str) -> "Kiosk | None":
        """The kiosk that a device is, by the secret that it was given; one that was revoked, too."""
        return self.with_all().filter(key=_key(secret)).first()

    def free(self, now: datetime) -> "KioskQuerySet":
        """Those at which nobody has a turn."""
        theirs = Run.objects.live().filter(asked_by=OuterRef("guest"))
        is_tapped = Q(touched_at__gt=now - TAP_LASTS, touched_at__lte=now)
        return self.filter(~Exists(theirs), ~is_tapped | Q(touched_at=None), revoked_at=None)


class Kiosk(models.Model):
    """A device that a curator made the kiosk of a cloud, and whose turn it is there."""

    cloud = models.ForeignKey(Cloud, on_delete=models.PROTECT, related_name="kiosks")
    label = models.CharField(
        gettext_lazy("which device"),
        max_length=80,
        help_text=gettext_lazy("So that curators know it from others: Tablet at the entrance."),
    )
    guest_pass = models.ForeignKey(
        GuestPass,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=gettext_lazy("pass"),
        help_text=gettext_lazy("What its code lets phones in by. Empty: the code leads to the cloud's page."),
    )
    # What the device shows is a secret; this is made of it, and nobody gets in by what stands here.
    key = models.CharField(max_length=64, unique=True, editable=False)
    made_at = models.DateTimeField(default=timezone.now, editable=False)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, editable=False, related_name="+"
    )
    seen_at = models.DateTimeField(gettext_lazy("last seen"), null=True, editable=False)
    revoked_at = models.DateTimeField(null=True, editable=False)

    guest = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, editable=False, related_name="+"
    )
    touched_at = models.DateTimeField(null=True, editable=False)
    turns = models.PositiveIntegerField(default=0, editable=False)

    objects: ClassVar = KioskQuerySet.as_manager()

    class Meta:
        ordering = ["-made_at", "-pk"]
        verbose_name = gettext_lazy("kiosk")
        verbose_name_plural = gettext_lazy("kiosks")

    def __str__(self) -> str:
        return f"{self.cloud}: {self.label}"

    def clean(self) -> None:
        """Its pass is one of the same place."""
        if self.guest_pass and self.cloud_id and self.guest_pass.venue_id != self.cloud.venue_id:
            raise ValidationError({"guest_pass": _("This pass is for another venue.")})

    def new_secret(self) -> str:
        """What a device is to keep, to be this kiosk from now on; no other is any more."""
        secret = secrets.token_urlsafe(32)
        self.key = _key(secret)
        return secret


def _key(secret: str) -> str:
    return salted_hmac("clouds.kiosk", secret, algorithm="sha256").hexdigest()
