"""Steps, balloons and fills, of every kind that a curator can set up."""

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from clouds.balloon import Measures
from clouds.timeline import Do, Step

# A machine that is busy with something else must not make a test fail.
in_peace = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])

fills = st.floats(0, 1)
nearly_full = st.floats(0.9, 1)
doings = st.sampled_from(list(Do))
measures = st.builds(
    Measures,
    fill=st.floats(1, 86_400),
    half_life=st.none() | st.floats(1, 86_400_000),
    vent=st.none() | st.floats(1, 86_400),
)


def steps(longest: int = 60_000) -> st.SearchStrategy[list[Step]]:
    """Lists of steps, in whole milliseconds so that sums are exact to the microsecond."""
    seconds = st.integers(1, longest).map(lambda milliseconds: milliseconds / 1000)
    return st.lists(st.builds(Step, doings, seconds), min_size=1, max_size=12)
