"""QR codes, which phones read off paper and screens."""

from django.utils.safestring import SafeString, mark_safe


def drawn(address: str) -> SafeString:
    """The code of an address as SVG, with the margin that cameras want; a seventh of it may be scratched."""
    import segno  # by who sees one only: `alloff` loads the admin, too, and has to work whatever is missing

    code = segno.make(address, error="m", micro=False)
    return mark_safe(code.svg_inline(border=4, omitsize=True, svgclass="code", lineclass=None))  # noqa: S308
