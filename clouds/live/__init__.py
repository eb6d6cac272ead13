"""The event stream: pages that are open hear at once what changes in the sky."""
