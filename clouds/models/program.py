"""Weather programs: what curators have clouds do, step by step."""

from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clouds import timeline
from clouds.timeline import Do, Step

# What a step does, in words.
DOES = {
    Do.INFLATE.value: gettext_lazy("inflate"),
    Do.DEFLATE.value: gettext_lazy("deflate"),
    Do.REST.value: gettext_lazy("rest"),
}
MOST_REPEATS = 1000
MOST_SCALE_PERCENT = 400


def scale_field() -> "models.PositiveSmallIntegerField[int, int]":
    """A share in percent by which inflation is multiplied."""
    return models.PositiveSmallIntegerField(
        gettext_lazy("scale in %"),
        default=100,
        validators=[MinValueValidator(1), MaxValueValidator(MOST_SCALE_PERCENT)],
        help_text=gettext_lazy("Multiplies the seconds of inflating, and only these."),
    )


def step_in_words(step: Step) -> str:
    """Such as “inflate 5 s”."""
    return _("%(what)s %(seconds)s s") % {"what": DOES[step.do.value], "seconds": f"{step.seconds:g}"}


class Program(models.Model):
    """A weather program: ordered steps, so many times over."""

    name = models.CharField(max_length=80, unique=True)
    description = models.TextField(max_length=2000, blank=True)
    repeats = models.PositiveSmallIntegerField(
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(MOST_REPEATS)],
        help_text=gettext_lazy("How often all its steps are played, one time after the other."),
    )
    scale_percent = scale_field()

    objects: ClassVar = models.Manager["Program"]()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                name="a_programs_repeats_and_scale_are_within_bounds",
                condition=Q(repeats__gte=1, repeats__lte=MOST_REPEATS)
                & Q(scale_percent__gte=1, scale_percent__lte=MOST_SCALE_PERCENT),
            )
        ]

    def __str__(self) -> str:
        return self.name

    def plan(self, scale_percent: int = 100) -> tuple[Step, ...]:
        """Its steps as they are played at this scale, on top of its own; repeats and all.

        Raises timeline.BadSteps if they can't be played.
        """
        steps = [Step(Do(step.do), step.seconds) for step in self.steps.all()]
        return timeline.composed(steps, self.repeats, self.scale_percent * scale_percent / 10_000)


class ProgramStep(models.Model):
    """One thing to do for so many seconds."""

    program = models.ForeignKey(Program, on_delete=models.CASCADE, related_name="steps")
    position = models.PositiveIntegerField(default=0)
    do = models.CharField(gettext_lazy("what"), max_length=8, choices=list(DOES.items()))
    seconds = models.FloatField(validators=[MinValueValidator(0.1), MaxValueValidator(timeline.LONGEST_SECONDS)])

    objects: ClassVar = models.Manager["ProgramStep"]()

    class Meta:
        ordering = ["position", "pk"]
        verbose_name = gettext_lazy("step")
        constraints = [
            models.CheckConstraint(
                name="a_steps_seconds_are_within_bounds",
                condition=Q(seconds__gt=0, seconds__lte=timeline.LONGEST_SECONDS),
                violation_error_message=gettext_lazy("A step lasts longer than 0 seconds, and at most 48 hours."),
            )
        ]

    def __str__(self) -> str:
        return step_in_words(Step(Do(self.do), self.seconds))
