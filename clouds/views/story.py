"""A cloud's story: facts to scroll through, each with a button that puffs the cloud by its amount."""

from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from clouds import actions, refusals
from clouds.models import Cloud, Fact, Run, Story, User
from clouds.views import standing, ticket
from clouds.views.answers import person, reads, retry_after, sorry
from clouds.views.standing import Standing

# Of the facts that a visitor has puffed, the newest so many are marked.
MOST_MARKED = 300


@dataclass(frozen=True, slots=True)
class Card:
    """A fact as it is shown: the seconds of its puff, how large it is drawn, and what the visitor last asked of it."""

    fact: Fact
    seconds: float
    size: str
    asked: Run | None

    @property
    def is_trimmed(self) -> bool:
        """Whether there was room for less than it would have got."""
        return self.asked is not None and self.asked.seconds < self.seconds - 0.05


@reads
def story(request: HttpRequest, slug: str) -> HttpResponse:
    """All of it; with `?live`, only what changes by itself."""
    found = Cloud.objects.switched_on().select_related("venue", "story").filter(slug=slug).first()
    if found is None:
        return sorry(request, 404, _("There is no such cloud, or it is switched off."))
    if "live" in request.GET and found.story:
        return render(request, "clouds/story_live.html", _now(found, person(request), timezone.now()))
    return page(request, found)


def page(
    request: HttpRequest,
    cloud: Cloud,
    *,
    fact: Fact | None = None,
    refused: refusals.Refused | None = None,
    status: int = 200,
) -> HttpResponse:
    """A cloud's story; after a press for a fact that was refused it says why, beside the fact."""
    now, by = timezone.now(), person(request)
    cards = _cards(cloud, cloud.story, by) if cloud.story else []
    if not cards:
        return sorry(request, 404, _("%(cloud)s tells no story just now.") % {"cloud": cloud})
    told = {
        "story": cloud.story,
        "cards": cards,
        "done": sum(card.asked is not None and card.asked.outcome == Run.Outcome.DONE for card in cards),
        "refused": refused,
        "refused_fact": fact,
    }
    response = render(request, "clouds/story.html", _now(cloud, by, now) | told, status=status)
    return retry_after(response, refused, now)


def chosen(cloud: Cloud, raw: str) -> Fact | None:
    """The fact of the cloud's story that a form names; None if that is none, or none any more."""
    if not (raw.isascii() and raw.isdecimal() and len(raw) < 19):
        return None
    return Fact.objects.select_related("story").filter(pk=int(raw), story__clouds=cloud).first()


def url(cloud: Cloud, fact: Fact) -> str:
    """Where a fact stands on the page of the story."""
    return f"{reverse('story', args=[cloud.slug])}#fact-{fact.pk}"


def _now(cloud: Cloud, by: User | None, now: datetime) -> dict[str, object]:
    """How the cloud stands, and the visitor with it."""
    stands = standing.of(cloud, now)
    turn = ticket.context(stands, by, now, may_press=False)
    refusal = None if turn["mine"] else _why_not(stands, by, now)
    return {**turn, "standing": stands, "now": now, "refusal": refusal}


def _why_not(stands: Standing, by: User | None, now: datetime) -> refusals.Refused | None:
    try:
        actions.offer(stands.cloud, by=by, now=now)
    except refusals.Refused as refused:
        return refused
    return None


def _cards(cloud: Cloud, story: Story, by: User | None) -> list[Card]:
    facts = list(story.facts.all())
    scale = story.scale_of(facts)
    asked = _asked(cloud, story, by) if by else {}
    shares = [(fact, scale.share(fact.in_base)) for fact in facts]
    return [Card(fact, cloud.puff_of(share), f"{0.2 + 0.8 * share:.3f}", asked.get(fact.pk)) for fact, share in shares]


def _asked(cloud: Cloud, story: Story, by: User) -> dict[int | None, Run]:
    """What the visitor last asked of each fact."""
    runs = Run.objects.on(cloud).filter(asked_by=by, fact__story=story).order_by("-asked_at", "-pk")
    return {run.fact_id: run for run in reversed(runs[:MOST_MARKED])}
