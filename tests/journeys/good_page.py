"""What every page owes: axe finds nothing, and nothing sticks out at the side, as narrow as a frame and as wide as a
screen. A page is looked at in all widths where it stands, so that no story is told once for each.
"""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Frame, Page

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WIDTHS = (380, 768, 1280)
READ_AT = (380, 1280)
"""The widths at which axe reads: the narrow one and the wide one lay a page out in different ways."""


def assert_good(page: Page, *, read_at: tuple[int, ...] = READ_AT) -> None:
    """A tab at each of the widths, read by axe at some; it is left as wide as it was."""
    page.wait_for_load_state("load")
    before = page.viewport_size
    assert before is not None
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": before["height"]})
        # What lies half under the banner that stays in view is no smaller for it.
        page.evaluate("window.scrollTo(0, 0)")
        _none(sideways(page), f"at {width} px")
        if width in read_at:
            _none(violations(page), f"at {width} px")
    page.set_viewport_size(before)


def assert_good_frame(frame: Frame) -> None:
    """A frame as wide as it is."""
    _none(violations(frame), "in the frame")
    _none(sideways(frame), "in the frame")


def _none(found: list[str], where: str) -> None:
    # Said in words: outside of a test's own file an assertion tells nothing of its values.
    assert found == [], "\n".join([where, *found])


def violations(page: Page | Frame) -> list[str]:
    """What axe finds wrong, of all that WCAG 2.0 to 2.2 A and AA ask and a program can see.

    axe is put into a document once, and only what it finds wrong comes back: that is half of the time it takes.
    """
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(Axe().axe_script)
    found = page.evaluate(
        "options => axe.run(document, options).then(results => results.violations)",
        {"runOnly": TAGS, "resultTypes": ["violations"]},
    )
    return [
        f"{each['id']}: {node['target']} {node['failureSummary']}" for each in found for node in each["nodes"]
    ]


def sideways(page: Page | Frame) -> list[str]:
    """The elements that stick out to the right, when the page scrolls sideways at all."""
    found: list[str] = page.evaluate(
        """() => {
          const room = document.documentElement.clientWidth;
          if (document.documentElement.scrollWidth <= room) return [];
          return [...document.body.querySelectorAll('*')].filter(e => e.getBoundingClientRect().right > room + 1)
            .map(e => e.tagName + '.' + e.className + ' to ' + Math.round(e.getBoundingClientRect().right));
        }"""
    )
    return found
