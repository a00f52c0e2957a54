"""How well one colour can be read on another, as WCAG reckons it.

https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio https://www.w3.org/TR/WCAG22/#dfn-relative-luminance
"""

from __future__ import annotations

from collections.abc import Iterable

TEXT = 4.5
"""What text of ordinary size needs (WCAG 2.2, 1.4.3, level AA)."""


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours written #rrggbb: 1 (the same) to 21 (black on white)."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def legible(text: str, *grounds: str) -> bool:
    """True when text of this colour can be read on every one of the grounds."""
    return all(contrast(text, ground) >= TEXT for ground in grounds)


def all_legible(texts: Iterable[str], ground: str) -> bool:
    """True when each of these text colours can be read on the ground."""
    return all(legible(text, ground) for text in texts)


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(int(colour[place : place + 2], 16) / 255) for place in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(share: float) -> float:
    return share / 12.92 if share <= 0.04045 else float(((share + 0.055) / 1.055) ** 2.4)
