"""A run is asked for: one row, of a cloud as it is now."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from clouds import timeline
from clouds.models import Cloud, Run, User
from clouds.prepared import Given, Prepared
from clouds.timeline import Step

# A cloud as it is now, and for PostgreSQL locked: a stop that comes meanwhile waits, and ends this run too.
CLOUD = Prepared(
    lambda: (
        Cloud.objects.select_related("venue").select_for_update(of=("self", "venue")).filter(pk=Given("pk")).order_by()
    )
)


def ask(cloud: Cloud, steps: Sequence[Step], source: Run.Source, by: User, now: datetime, **more: Any) -> Run:
    """Write the run; `more` are fields that differ from a run that is due at once."""
    return Run.objects.create(
        **{
            "cloud": cloud,
            "source": source,
            "asked_by": by,
            "steps": timeline.dump(steps),
            "seconds": timeline.length(steps),
            "asked_at": now,
            "due_at": now,
        }
        | more
    )
