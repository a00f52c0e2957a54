"""How the pages of one launch look: our own colours and sizes, the EHR's where it gives some, the user's text size.

The EHR's colours are taken one by one and only where all that is written in them or on them can still be read (WCAG
4.5:1); where one fails, ours stays. The result is a style sheet of custom properties, made of numbers and #rrggbb
alone, so that nothing an EHR sends can be anything else than a colour or a size.
https://hl7.org/fhir/smart-app-launch/STU2.2/scopes-and-launch-context.html#styling
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from app.contrast import all_legible, legible
from smart_launch.smart_style import SmartStyle

OURS: Mapping[str, str] = MappingProxyType(
    {
        "ground": "#ffffff",
        "ink": "#1b1b1b",
        "quiet": "#565c65",
        "accent": "#1a4480",
        "overdue": "#9c3d10",
        "filed": "#216e1f",
        "due-ink": "#3b2b15",
    }
)
"""The colours of app/static/sass/_page.scss that an EHR's may replace, or that stand on its ground."""

SOFT = MappingProxyType(
    {"soft": "#f0f0f0", "due": "#fef0c8", "overdue-soft": "#f6efea", "filed-soft": "#ecf3ec"}
)
"""Our soft grounds, which stay: ink stands on all of them."""

WHITE = "#ffffff"
"""The words on a button."""

FONT_SIZE = (13.0, 20.0)
SPACING = (8.0, 32.0)
RADIUS = (0.0, 16.0)
"""Pixels. What lies outside would hide words or push the work off the page: then ours stays."""

BROWSER_PIXELS = 16.0
"""Sizes are written in rem, so that a user's own setting in the browser still counts."""

LARGE_TEXT = "118.75%"
_HEX = re.compile(r"#[0-9a-f]{6}")


def style_sheet(style: SmartStyle | None, *, large_text: bool) -> str:
    """The style sheet of a launch; "" where neither the EHR nor the user asks for anything else than ours."""
    properties = {**_colours(style), **_sizes(style)} if style else {}
    rules = []
    if properties:
        rules.append(f":root{{{';'.join(f'--{name}:{value}' for name, value in properties.items())}}}")
    if large_text:
        rules.append(f"html{{font-size:{LARGE_TEXT}}}")
    return "\n".join(rules)


def _colours(style: SmartStyle) -> dict[str, str]:
    """The EHR's colours that can be read, under our names."""
    taken = dict(OURS)
    ground = _hex(style.color_background)
    if ground and all_legible((colour for name, colour in OURS.items() if name != "ground"), ground):
        taken["ground"] = ground
    ink = _hex(style.color_text)
    if ink and legible(ink, taken["ground"], *SOFT.values()):
        taken["ink"] = ink
    accent = _hex(style.color_highlight)
    if accent and legible(accent, taken["ground"], SOFT["soft"], WHITE):
        taken["accent"] = accent
    error = _hex(style.color_error)
    if error and legible(error, taken["ground"], SOFT["overdue-soft"]):
        taken["overdue"] = error
    success = _hex(style.color_success)
    if success and legible(success, taken["ground"], SOFT["filed-soft"]):
        taken["filed"] = success
    return {name: colour for name, colour in taken.items() if colour != OURS[name]}


def _sizes(style: SmartStyle) -> dict[str, str]:
    text = _rem(style.dim_font_size, FONT_SIZE)
    space = _rem(style.dim_spacing_size, SPACING)
    radius = _rem(style.dim_border_radius, RADIUS)
    sizes = {"text": text, "space": space, "radius": radius, "field-radius": radius}
    return {name: value for name, value in sizes.items() if value}


def _hex(colour: str | None) -> str | None:
    """The colour when it is #rrggbb and nothing else; None otherwise, whoever read it before."""
    return colour if colour and _HEX.fullmatch(colour) else None


def _rem(pixels: float | None, bounds: tuple[float, float]) -> str:
    low, high = bounds
    return f"{pixels / BROWSER_PIXELS:g}rem" if pixels is not None and low <= pixels <= high else ""
