"""Kasa plugs on loopback, with balloons that can burst: what the house is tried against when no hardware is at hand.

Nothing here imports the house's own code or python-kasa. The simulator is the judge, so it may not share a mistake with
what it judges.
"""

from clouds.simulator.cloud import Cloud, CloudSpec
from clouds.simulator.control import Remote
from clouds.simulator.simulator import Simulator

__all__ = ["Cloud", "CloudSpec", "Remote", "Simulator"]
