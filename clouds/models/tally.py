"""How many puffs a cloud had in an hour, kept beside the history so that charts need not read all of it."""

from datetime import datetime
from typing import TYPE_CHECKING, ClassVar
from zoneinfo import ZoneInfo

from django.db import models, transaction
from django.db.models import F, Max, Q
from django.utils.translation import gettext_lazy as _

from clouds import hours
from clouds.models.cloud import Cloud
from clouds.timeline import Do

if TYPE_CHECKING:
    from clouds.models.puff import Puff

CHUNK = 2000


class Tally(models.Model):
    """The puffs that began in one hour on one cloud, and the pump time that inflated it.

    `begins_at` is when that hour began on the clocks where the cloud hangs. Puffs that are
    still on don't count yet, and those that were only rehearsed never do.
    """

    cloud = models.ForeignKey(Cloud, on_delete=models.CASCADE, related_name="tallies", db_index=False)
    begins_at = models.DateTimeField()
    puffs = models.PositiveIntegerField()
    seconds = models.FloatField()

    objects: ClassVar = models.Manager["Tally"]()

    class Meta:
        ordering = ["begins_at"]
        verbose_name_plural = _("tallies")
        # All that a chart of every cloud reads, in its order.
        indexes = [models.Index(fields=["begins_at", "cloud", "puffs", "seconds"], name="tallies_in_order")]
        constraints = [
            models.UniqueConstraint(fields=["cloud", "begins_at"], name="an_hour_of_a_cloud_is_tallied_once")
        ]

    def __str__(self) -> str:
        return f"{self.cloud}, {self.begins_at:%Y-%m-%d %H:%M}"


def count(puff: "Puff", off_at: datetime, zone: ZoneInfo) -> None:
    """Count a puff that ends, in the transaction that ends it. The caller has locked its cloud's row."""
    air = (off_at - puff.on_at).total_seconds() if puff.do is Do.INFLATE else 0.0
    hour = Tally.objects.filter(cloud_id=puff.cloud_id, begins_at=hours.begin(puff.on_at, zone))
    if not hour.update(puffs=F("puffs") + 1, seconds=F("seconds") + air):
        Tally.objects.create(cloud_id=puff.cloud_id, begins_at=hours.begin(puff.on_at, zone), puffs=1, seconds=air)


def recount(cloud: Cloud) -> int:
    """Count a cloud's whole history anew; how many puffs that were.

    A long history takes a while, in which the conductor must be able to write. What has ended before is read without
    any lock, since it never changes any more; only what is newer is counted while nobody else writes.
    """
    zone, puffs = cloud.venue.zone, cloud.puffs.order_by()
    newest = puffs.aggregate(newest=Max("pk", default=0))["newest"]
    on_then = list(puffs.still_on().values_list("pk", flat=True))
    found = _counted(puffs.filter(pk__lte=newest).exclude(pk__in=on_then), zone)
    with transaction.atomic():
        locked = Cloud.objects.select_for_update(of=("self",)).select_related("venue").get(pk=cloud.pk)
        if locked.venue.zone != zone:
            # Its venue has got yet another time zone meanwhile, and whoever gave it that has it counted once more.
            return 0
        for hour, (count, seconds) in _counted(puffs.filter(Q(pk__gt=newest) | Q(pk__in=on_then)), zone).items():
            before = found.get(hour, (0, 0.0))
            found[hour] = (before[0] + count, before[1] + seconds)
        Tally.objects.filter(cloud=cloud).delete()
        Tally.objects.bulk_create(
            (Tally(cloud=cloud, begins_at=at, puffs=count, seconds=seconds) for at, (count, seconds) in found.items()),
            batch_size=CHUNK,
        )
    return sum(count for count, _ in found.values())


def _counted(puffs: "models.QuerySet[Puff]", zone: ZoneInfo) -> dict[datetime, tuple[int, float]]:
    return hours.tally(puffs.values_list("on_at", "off_at", "pump").iterator(CHUNK), zone)
