"""One cloud's performance of a list of steps, from being asked for to its outcome."""

from datetime import datetime, timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clouds import queue, timeline
from clouds.models.cloud import Cloud
from clouds.models.rehearsal import ForReal, Rehearsal
from clouds.models.show import Show
from clouds.models.story import Fact
from clouds.models.venue import Venue

# So long before a show begins its conductor is there, and nothing else begins that would still play then.
WARM_UP = timedelta(seconds=60)
# Of those that are due at the same instant a show with priority goes first, and then the show that was made first.
IN_TURN = ("due_at", "-priority", F("show_id").asc(nulls_first=True), "pk")


def turn_of(show: Show, due_at: datetime) -> tuple[datetime, bool, int]:
    """IN_TURN for the part of a show that has no run yet."""
    return due_at, not show.priority, show.pk


class RunQuerySet(models.QuerySet["Run"]):
    """Runs."""

    def waiting(self) -> "RunQuerySet":
        """Those not begun."""
        return self.filter(state=Run.State.WAITING)

    def playing(self) -> "RunQuerySet":
        """Those being played."""
        return self.filter(state=Run.State.PLAYING)

    def live(self) -> "RunQuerySet":
        """Those not ended."""
        return self.exclude(state=Run.State.ENDED)

    def at(self, venue: Venue) -> "RunQuerySet":
        """Those of a venue's clouds."""
        return self.filter(cloud__venue=venue)

    def on(self, cloud: Cloud) -> "RunQuerySet":
        """Those of a cloud."""
        return self.filter(cloud=cloud)

    def of_visitors(self) -> "RunQuerySet":
        """Those that visitors asked for."""
        return self.filter(source=Run.Source.VISITOR)

    def of_shows(self) -> "RunQuerySet":
        """Those that belong to shows."""
        return self.filter(source=Run.Source.SHOW)

    def due_by(self, at: datetime) -> "RunQuerySet":
        """Those whose time has come by then."""
        return self.filter(due_at__lte=at)

    def rehearsed(self) -> "RunQuerySet":
        """Those that are rehearsals; `everything` has them."""
        return self.filter(rehearsal__isnull=False)

    def oldest_first(self) -> "RunQuerySet":
        """In the order in which they are due, and have their turn."""
        return self.order_by(*IN_TURN)

    def end(self, outcome: "Run.Outcome", reason: str, at: datetime) -> int:
        """End those of these that have not ended; how many that were."""
        return self.live().update(state=Run.State.ENDED, outcome=outcome, reason=reason[:300], ended_at=at)


def ended_by(name: str) -> str:
    """The reason of a run that somebody ended."""
    return _("Ended by %(name)s.") % {"name": name}


RunManager = ForReal.from_queryset(RunQuerySet)


class Run(models.Model):
    """A performance; once it has ended it never changes."""

    class Source(models.TextChoices):
        """Who asked for it."""

        VISITOR = "visitor", gettext_lazy("a visitor")
        CURATOR = "curator", gettext_lazy("a curator")
        SHOW = "show", gettext_lazy("a show")
        API = "api", gettext_lazy("the API")

    class State(models.TextChoices):
        """Where it stands."""

        WAITING = "waiting", gettext_lazy("waiting")
        PLAYING = "playing", gettext_lazy("playing")
        ENDED = "ended", gettext_lazy("ended")

    class Outcome(models.TextChoices):
        """How it ended."""

        NONE = "", gettext_lazy("not ended")
        DONE = "done", gettext_lazy("done")
        STOPPED = "stopped", gettext_lazy("stopped")
        FAILED = "failed", gettext_lazy("failed")
        LOST = "lost", gettext_lazy("lost")
        MISSED = "missed", gettext_lazy("missed")
        SKIPPED = "skipped", gettext_lazy("skipped")
        EXPIRED = "expired", gettext_lazy("expired")
        WITHDRAWN = "withdrawn", gettext_lazy("taken back")

    cloud = models.ForeignKey(Cloud, on_delete=models.PROTECT, related_name="runs")
    source = models.CharField(max_length=8, choices=Source)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="runs"
    )
    steps = models.JSONField(help_text=gettext_lazy("A snapshot: editing a program changes the next run."))
    seconds = models.FloatField(help_text=gettext_lazy("Elapsed time from its first step to its last."))
    simulated = models.BooleanField(default=False)
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    outcome = models.CharField(max_length=10, choices=Outcome, default=Outcome.NONE, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    title = models.CharField(
        max_length=80, blank=True, help_text=gettext_lazy("The show or program it was, by its name then.")
    )
    show = models.ForeignKey(Show, on_delete=models.PROTECT, null=True, blank=True, related_name="runs")
    round_at = models.DateTimeField(
        null=True, editable=False, help_text=gettext_lazy("When the first of its round in the queue came.")
    )
    turns = models.PositiveSmallIntegerField(
        default=0, editable=False, help_text=gettext_lazy("How many turns its visitor had had there lately.")
    )
    seen_at = models.DateTimeField(
        null=True, editable=False, help_text=gettext_lazy("The last sign of life of the visitor who waits.")
    )
    nominal_at = models.DateTimeField(
        null=True, blank=True, help_text=gettext_lazy("The moment at which its show was due.")
    )
    fact = models.ForeignKey(Fact, on_delete=models.SET_NULL, null=True, blank=True, related_name="runs")
    told = models.CharField(
        max_length=400, blank=True, help_text=gettext_lazy("The fact that it told, as it was then: a story may change.")
    )
    rehearsal = models.ForeignKey(
        Rehearsal,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text=gettext_lazy("Empty: it is for real."),
    )
    priority = models.BooleanField(default=False)
    protected = models.BooleanField(default=True)
    replaces = models.BooleanField(default=False)
    pause_asked_by = models.CharField(max_length=80, blank=True, editable=False)
    paused_at = models.DateTimeField(null=True, editable=False)
    skips = models.PositiveSmallIntegerField(default=0, editable=False)
    conductor = models.CharField(max_length=200, blank=True, editable=False)
    end_asked_by = models.CharField(max_length=80, blank=True, editable=False)

    objects: ClassVar = RunManager()
    everything: ClassVar = RunQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["cloud"], condition=Q(state="playing", rehearsal=None), name="one_run_plays_on_a_cloud"
            ),
            models.UniqueConstraint(
                fields=["cloud", "asked_by"],
                condition=Q(source="visitor") & ~Q(state="ended"),
                name="one_live_request_a_visitor_a_cloud",
            ),
            models.UniqueConstraint(
                fields=["show", "cloud", "nominal_at"],
                # What was taken back may be planned again, when its show is moved back.
                condition=~Q(outcome="withdrawn"),
                name="an_occurrence_is_one_run_a_cloud",
            ),
            models.CheckConstraint(
                name="a_runs_seconds_are_within_bounds",
                condition=Q(seconds__gt=0, seconds__lte=timeline.LONGEST_SECONDS),
            ),
            models.CheckConstraint(
                name="an_ended_run_has_an_outcome",
                condition=Q(state="ended", ended_at__isnull=False) & ~Q(outcome="") | ~Q(state="ended") & Q(outcome=""),
            ),
            models.CheckConstraint(
                name="a_playing_run_has_started", condition=~Q(state="playing") | Q(started_at__isnull=False)
            ),
        ]
        indexes = [
            models.Index(fields=["cloud", "due_at"], condition=~Q(state="ended"), name="live_runs"),
            models.Index(fields=["asked_by", "-asked_at"], name="runs_of_a_person"),
            models.Index(fields=["due_at"], condition=Q(source="show"), name="runs_of_shows"),
        ]

    def __str__(self) -> str:
        return f"{self.cloud}, {self.get_source_display()}, {self.asked_at:%Y-%m-%d %H:%M:%S}"

    @property
    def speed(self) -> float:
        """How many times as fast as for real it is played."""
        return self.rehearsal.speed if self.rehearsal else 1.0

    @property
    def plan(self) -> tuple[timeline.Step, ...]:
        """Its steps."""
        return timeline.parse(self.steps)

    @property
    def ticket(self) -> queue.Ticket:
        """Its place in the queue, as that knows it."""
        round_at, is_visitors = self.round_at or self.due_at, self.source == self.Source.VISITOR
        return queue.Ticket(self.pk, self.seconds, self.due_at, round_at, self.turns, self.seen_at, is_visitors)
