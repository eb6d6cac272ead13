"""What a template needs to draw a cloud, and what the browser needs to go on drawing it."""

from datetime import datetime

from django import template

from clouds import shapes
from clouds.shapes import Shape

register = template.Library()


@register.filter
def shape(name: str) -> Shape:
    """The shape of a cloud of this name."""
    return shapes.grow(name)


@register.filter
def ms(at: datetime) -> int:
    """Milliseconds since the epoch, as browsers count."""
    return round(at.timestamp() * 1000)
