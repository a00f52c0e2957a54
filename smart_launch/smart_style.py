"""The EHR's look (`smart_style_url`): colours, sizes and typefaces that an app may take over.

A look is never a reason to fail, and never a way in: each value is read by a narrow pattern, and what does not fit is
left out, so that nothing of the file can become style rules of its own. Whether a colour keeps enough contrast is the
page's question. https://hl7.org/fhir/smart-app-launch/STU2.2/scopes-and-launch-context.html#styling
"""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from smart_launch.address import endpoint
from smart_launch.errors import DiscoveryError, Unreachable
from smart_launch.http_message import get_json
from smart_launch.transport import Http

STYLE_LIMIT = 64 * 1024
STYLE_SECONDS = 3.0
"""A look is not worth waiting for."""

FAILURE_KEPT_SECONDS = 300.0
MOST = 64

_COLOR = re.compile(r"#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})")
_PIXELS = re.compile(r"(\d{1,3}(?:\.\d{1,3})?)px")
_FAMILY = re.compile(r"[A-Za-z][A-Za-z0-9 -]{0,59}")
_BOUNDS = {"dim_border_radius": (0.0, 40.0), "dim_font_size": (10.0, 32.0), "dim_spacing_size": (2.0, 64.0)}
"""Pixels. A body text smaller than 10 or larger than 32 makes a page unusable, whatever an EHR says."""

_MOST_FAMILIES = 8


@dataclass(frozen=True)
class SmartStyle:
    """What could be read. Colours are `#rrggbb` in small letters, sizes pixels, typefaces names without quotes."""

    color_background: str | None = None
    color_error: str | None = None
    color_highlight: str | None = None
    color_modal_backdrop: str | None = None
    color_success: str | None = None
    color_text: str | None = None
    dim_border_radius: float | None = None
    dim_font_size: float | None = None
    dim_spacing_size: float | None = None
    font_family_body: tuple[str, ...] = ()
    font_family_heading: tuple[str, ...] = ()


def fetch_style(url: str, *, http: Http) -> SmartStyle | None:
    """The look at `url`, asked for without a token; None where there is none. Raises nothing."""
    try:
        answer = http.send(get_json(endpoint(url, url)), limit=STYLE_LIMIT, seconds=STYLE_SECONDS)
    except (DiscoveryError, Unreachable, ValueError):
        return None
    document = answer.json_object() if answer.status == 200 else None
    return parse_style(document) if document is not None else None


def parse_style(document: Mapping[str, Any]) -> SmartStyle:
    """Reads a SMART Style, each value by itself: what is unknown, unreadable or out of bounds is left out."""
    readers: Mapping[str, Callable[[str, Any], Any]] = {"color": _color, "dim": _pixels, "font": _families}
    values = {
        item.name: readers[item.name.partition("_")[0]](item.name, document.get(item.name))
        for item in fields(SmartStyle)
    }
    return SmartStyle(**values)


class StyleCache:
    """Looks by their address, which is their version too ("Styling"). Safe for many threads; `now` is in seconds.

    A look that could not be had is asked for again after five minutes.
    """

    def __init__(self, *, http: Http, now: Callable[[], float]) -> None:
        self._http = http
        self._now = now
        self._kept: OrderedDict[str, tuple[float, SmartStyle | None]] = OrderedDict()
        self._lock = threading.Lock()

    def style(self, url: str) -> SmartStyle | None:
        """The look at `url`; None where there is none. Raises nothing."""
        with self._lock:
            failed_at, style = self._kept.get(url, (float("-inf"), None))
            if style is not None or 0 <= self._now() - failed_at < FAILURE_KEPT_SECONDS:
                self._kept.move_to_end(url)
                return style
        style = fetch_style(url, http=self._http)
        with self._lock:
            self._kept[url] = (self._now(), style)
            self._kept.move_to_end(url)
            while len(self._kept) > MOST:
                self._kept.popitem(last=False)
        return style


def _color(name: str, value: Any) -> str | None:
    if not isinstance(value, str) or not _COLOR.fullmatch(value):
        return None
    digits = value[1:].lower()
    return "#" + (digits if len(digits) == 6 else "".join(digit * 2 for digit in digits))


def _pixels(name: str, value: Any) -> float | None:
    found = _PIXELS.fullmatch(value) if isinstance(value, str) and value.isascii() else None
    if found is None:
        return None
    least, most = _BOUNDS[name]
    size = float(found[1])
    return size if least <= size <= most else None


def _families(name: str, value: Any) -> tuple[str, ...]:
    """Names as CSS lists them, with or without quotes, and with the semicolon that the specification's example has."""
    if not isinstance(value, str) or len(value) > 500:
        return ()
    names = (part.strip().strip("'\"").strip() for part in value.strip().removesuffix(";").split(","))
    return tuple(family for family in names if _FAMILY.fullmatch(family))[:_MOST_FAMILIES]
