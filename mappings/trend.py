"""A trend as the geometry of a small picture, so that a template only draws and never computes.

120 x 28 px, the target band behind the line, time true to scale: three values in a week and one a year later must
not look like a steady course. The words of the picture (title, description) go beside it for who cannot see it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from math import isfinite

WIDTH = 120
HEIGHT = 28
MARGIN = 3.0

Point = tuple[date, float]


@dataclass(frozen=True)
class TrendPicture:
    """Coordinates in pixels. `line` is an SVG points list; `band_*` is the target band, 0 high when there is none."""

    line: str
    last_x: float
    last_y: float
    band_y: float
    band_height: float
    description: str
    width: int = WIDTH
    height: int = HEIGHT


def trend_picture(
    points: Sequence[Point], *, unit: str = "", low: float | None = None, high: float | None = None
) -> TrendPicture | None:
    """The picture of `points` (one unit), or None for fewer than two: one value is no trend.

    Points without a finite value are left out, and all are drawn by their day, whatever their order.
    """
    drawn = sorted((point for point in points if isfinite(point[1])), key=lambda point: point[0])
    if len(drawn) < 2:
        return None
    low, high = _finite(low), _finite(high)
    limits = [limit for limit in (low, high) if limit is not None]
    scale = [*(value for _, value in drawn), *limits]
    bottom, top = min(scale), max(scale)
    places = [(_across(day, drawn), _down(value, bottom, top)) for day, value in drawn]
    band_top = _down(high, bottom, top) if high is not None else 0.0
    band_bottom = _down(low, bottom, top) if low is not None else float(HEIGHT)
    return TrendPicture(
        line=" ".join(f"{x},{y}" for x, y in places),
        last_x=places[-1][0],
        last_y=places[-1][1],
        band_y=band_top if limits else 0.0,
        band_height=round(max(0.0, band_bottom - band_top), 1) if limits else 0.0,
        description=_description(drawn, unit),
    )


def _finite(limit: float | None) -> float | None:
    return limit if limit is not None and isfinite(limit) else None


def _across(day: date, points: Sequence[Point]) -> float:
    span = (points[-1][0] - points[0][0]).days or 1
    return round(MARGIN + (WIDTH - 2 * MARGIN) * (day - points[0][0]).days / span, 1)


def _down(value: float, bottom: float, top: float) -> float:
    # Halves, since the whole span of two very large numbers is no number any more.
    span = top / 2 - bottom / 2
    share = (value / 2 - bottom / 2) / span if span > 0 else 0.5
    return round(HEIGHT - MARGIN - (HEIGHT - 2 * MARGIN) * share, 1)


def _description(points: Sequence[Point], unit: str) -> str:
    first, last = points[0], points[-1]
    return (
        f"{len(points)} values, from {_number(first[1])} {unit} in {first[0]:%b %Y} "
        f"to {_number(last[1])} {unit} in {last[0]:%b %Y}"
    ).replace("  ", " ")


def _number(value: float) -> str:
    return f"{value:g}"
