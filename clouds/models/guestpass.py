"""A guest pass: what a QR code on the gallery's wall opens, so that a visitor is in with a name and one tap."""

import base64
from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.core import signing
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clouds import refusals
from clouds.models.cloud import Cloud
from clouds.models.user import NAME_LENGTH, validate_name
from clouds.models.venue import Venue

# 60 bits: short enough to be typed from a poster. Guessing a thousand a second takes 18 million years for one.
SIGNATURE_LENGTH = 12
# The letters of base 32, as RFC 4648 has them and as Crockford does: without i, l, o and u, which are misread.
_RFC, _CROCKFORD = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", "0123456789abcdefghjkmnpqrstvwxyz"
_WRITTEN = str.maketrans(_RFC, _CROCKFORD)
_MISREAD = str.maketrans("oil", "011")


class _Signer(signing.Signer):
    """Django's, with a signature that people can type."""

    def __init__(self) -> None:
        super().__init__(sep=".", salt="pass")

    def signature(self, value: str | bytes, key: str | bytes | None = None) -> str:
        digest = signing.b64_decode(super().signature(value, key).encode())
        return base64.b32encode(digest).decode()[:SIGNATURE_LENGTH].translate(_WRITTEN)


class GuestPassQuerySet(models.QuerySet["GuestPass"]):
    """Guest passes."""

    def signed(self, text: str) -> "GuestPass | None":
        """The pass that this address names, in whatever case it was typed; None for one that was made up."""
        try:
            number = _Signer().unsign(text.lower().translate(_MISREAD))
        except signing.BadSignature:
            return None
        return self.select_related("venue", "cloud").filter(pk=int(number)).first()

    def usable(self, now: datetime) -> "GuestPassQuerySet":
        """Those that let somebody in at `now`."""
        return self.filter(
            Q(valid_from=None) | Q(valid_from__lte=now),
            Q(valid_until=None) | Q(valid_until__gt=now),
            Q(most_uses=None) | Q(uses__lt=F("most_uses")),
            revoked_at=None,
        )


class GuestPass(models.Model):
    """A way in. Its address is its number, signed: all else may still be changed when it is printed."""

    class Kind(models.TextChoices):
        """Whom it is for."""

        CLOUD = "cloud", gettext_lazy("whoever stands before a cloud")
        EVENT = "event", gettext_lazy("whoever comes to an event")
        PERSON = "person", gettext_lazy("one person")

    kind = models.CharField(gettext_lazy("for"), max_length=8, choices=Kind, default=Kind.CLOUD)
    venue = models.ForeignKey(Venue, on_delete=models.PROTECT, related_name="passes")
    cloud = models.ForeignKey(
        Cloud,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="passes",
        help_text=gettext_lazy("Where it leads. Empty: to all clouds of the venue."),
    )
    label = models.CharField(
        max_length=80, blank=True, help_text=gettext_lazy("The event, such as Opening night. It stands on the sheet.")
    )
    person = models.CharField(
        max_length=NAME_LENGTH,
        blank=True,
        validators=[validate_name],
        help_text=gettext_lazy("The person's name. It is filled in for them."),
    )
    valid_from = models.DateTimeField(null=True, blank=True, help_text=gettext_lazy("Empty: at once."))
    valid_until = models.DateTimeField(null=True, blank=True, help_text=gettext_lazy("Empty: until it is revoked."))
    most_uses = models.PositiveIntegerField(
        gettext_lazy("number of uses"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=gettext_lazy("How many people it lets in. Empty: any number."),
    )
    uses = models.PositiveIntegerField(gettext_lazy("used"), default=0, editable=False)
    made_at = models.DateTimeField(default=timezone.now, editable=False)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, editable=False, related_name="+"
    )
    revoked_at = models.DateTimeField(null=True, editable=False)

    objects: ClassVar = GuestPassQuerySet.as_manager()

    class Meta:
        ordering = ["-made_at", "-pk"]
        verbose_name = gettext_lazy("guest pass")
        verbose_name_plural = gettext_lazy("guest passes")
        constraints = [
            models.CheckConstraint(
                name="a_pass_ends_after_it_begins",
                condition=Q(valid_from=None) | Q(valid_until=None) | Q(valid_until__gt=F("valid_from")),
                violation_error_message=gettext_lazy("A pass ends after it begins."),
            ),
            models.CheckConstraint(
                name="a_pass_lets_in_no_more_than_it_may",
                condition=Q(most_uses=None) | Q(most_uses__gte=1, uses__lte=F("most_uses")),
                violation_error_message=gettext_lazy("It has let in more people than that already."),
            ),
            models.CheckConstraint(
                name="a_pass_is_for_a_cloud_an_event_or_a_person",
                condition=Q(kind="cloud", cloud__isnull=False)
                | Q(kind="event", valid_until__isnull=False) & ~Q(label="")
                | Q(kind="person") & ~Q(person=""),
                violation_error_message=gettext_lazy(
                    "A pass for a cloud has a cloud, one for an event a label and an end, one for a person a name."
                ),
            ),
        ]

    def __str__(self) -> str:
        return str(self.label or self.person or self.cloud or self.venue)

    def clean(self) -> None:
        """It leads to a cloud of its venue."""
        if self.cloud is not None and self.cloud.venue_id != self.venue_id:
            raise ValidationError({"cloud": _("This cloud hangs at another venue.")})

    @property
    def place(self) -> Cloud | Venue:
        """Where it leads."""
        return self.cloud or self.venue

    @property
    def path(self) -> str:
        """Its address, on this site."""
        return reverse("pass", args=[_Signer().sign(str(self.pk))])

    def check_usable(self, now: datetime) -> None:
        """Raise the Refused that says why nobody is let in by it at `now`."""
        if self.revoked_at:
            raise refusals.PassOver(_("This pass has been withdrawn. Ask at the desk for another."))
        if self.valid_until and now >= self.valid_until:
            raise refusals.PassOver(_("This pass is no longer valid. Ask at the desk for another."))
        if self.most_uses is not None and self.uses >= self.most_uses:
            raise refusals.PassOver(_("This pass has been used up. Ask at the desk for another."))
        if self.valid_from and now < self.valid_from:
            raise refusals.PassNotYet(_("This pass is not valid yet."), self.valid_from)
