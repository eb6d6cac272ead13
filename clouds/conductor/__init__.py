"""The one task of a venue that plays its runs and owns its plugs."""

from clouds.conductor.house import conduct

__all__ = ["conduct"]
