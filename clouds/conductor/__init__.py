"""The one task of a venue that plays its runs and owns its plugs: `house.conduct`."""
