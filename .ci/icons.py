"""Makes the favicon and the icons for home screens: the cloud that grows from "The Cloud". `python .ci/icons.py`."""

import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from clouds import shapes  # noqa: E402 - only now can it be found

STATIC = ROOT / "clouds" / "static" / "clouds"
# Launchers cut off what lies outside a circle of 80 %, so there the cloud is smaller, and the sky goes to the edge.
ICONS = {
    "icon-180.png": (180, 0.9),
    "icon-192.png": (192, 1),
    "icon-512.png": (512, 1),
    "icon-maskable.png": (512, 0.8),
}
SVG = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="-112 -112 224 224"><defs>
<linearGradient id="s" x2="0" y2="1"><stop stop-color="#4f97d3"/>
<stop offset="1" stop-color="#a8d3f2"/></linearGradient>
<linearGradient id="k" x2="0" y2="1"><stop stop-color="#e8f0f8"/>
<stop offset="1" stop-color="#b9cde0"/></linearGradient>
<radialGradient id="l" cy=".4" r=".6" fx=".46" fy=".26"><stop stop-color="#fff"/><stop offset=".5" stop-color="#fff"/>
<stop offset=".82" stop-color="#e8f0f8" stop-opacity=".5"/>
<stop offset="1" stop-color="#b9cde0" stop-opacity="0"/></radialGradient>
<clipPath id="c"><path d="OUTLINE"/></clipPath></defs>
<rect x="-112" y="-112" width="224" height="224" rx="52" fill="url(#s)"/>
<g transform="translate(0 6)" clip-path="url(#c)"><path fill="url(#k)" d="OUTLINE"/>
<g fill="url(#l)">LOBES</g></g></svg>
"""


def favicon() -> str:
    """A white cloud on a square of sky."""
    cloud = shapes.grow("The Cloud")
    lobes = "".join(f'<circle cx="{one.x:g}" cy="{one.y:g}" r="{one.r:g}"/>' for one in cloud.lobes)
    return SVG.replace("OUTLINE", cloud.outline).replace("LOBES", lobes)


def main() -> None:
    """Draw each at its size."""
    drawing = favicon()
    (STATIC / "favicon.svg").write_text(drawing)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        page = browser.new_page()
        for name, (size, share) in ICONS.items():
            sky = "transparent" if share == 1 else "linear-gradient(#4f97d3,#a8d3f2)"
            square = drawing.replace('rx="52"', 'fill-opacity="0"') if share < 1 else drawing
            page.set_viewport_size({"width": size, "height": size})
            page.set_content(
                f"<style>body{{margin:0;height:{size}px;display:grid;place-items:center;background:{sky}}}"
                f"svg{{width:{size * share}px;display:block}}</style>{square}"
            )
            page.screenshot(path=STATIC / name, omit_background=True)
        browser.close()


if __name__ == "__main__":
    main()
