"""Somebody at the keyboard, counted: five keys a second, every one of them, Tab and Enter and the arrows too.

Only keys are pressed, and nothing is done to the page behind their back, so that what a story takes is what it would
take her; to it comes the time for which she waits for the next page.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from playwright.sync_api import Frame

KEYS_A_SECOND = 5
MOST_TABS = 60
ALT = 1


@dataclass
class Typist:
    """One person in a frame: her `keys`, the seconds she `waited` for pages, and the fields that she `typed` into."""

    frame: Frame
    keys: int = 0
    waited: float = 0.0
    typed: list[str] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        """What she needed: her keys at their pace, and the waiting."""
        return self.keys / KEYS_A_SECOND + self.waited

    def press(self, key: str, times: int = 1) -> None:
        """One key, some times."""
        for _ in range(times):
            self.frame.page.keyboard.press(key)
            self.keys += 1

    def access(self, letter: str) -> None:
        """Alt and a letter or digit, two keys. Playwright's own keyboard leaves out what the letter would be without
        Alt, and by that a browser knows an access key.
        """
        code = f"Digit{letter}" if letter.isdigit() else f"Key{letter.upper()}"
        stroke = {"modifiers": ALT, "key": letter, "code": code, "unmodifiedText": letter}
        session = self.frame.page.context.new_cdp_session(self.frame.page)
        session.send("Input.dispatchKeyEvent", {"type": "keyDown", "text": letter, **stroke})
        session.send("Input.dispatchKeyEvent", {"type": "keyUp", **stroke})
        session.detach()
        self.keys += 2

    def write(self, text: str) -> None:
        """A text into the field that has the focus."""
        self.typed.append(self.focused())
        self.frame.page.keyboard.type(text)
        self.keys += len(text)

    def focused(self) -> str:
        """The id of the element that has the focus."""
        found: str = self.frame.evaluate("document.activeElement.id || document.activeElement.name || ''")
        return found

    def tab_to(self, selector: str) -> None:
        """Tab until the focus is there, as she would who sees where it stands."""
        for _ in range(MOST_TABS):
            if self.frame.evaluate("selector => document.activeElement.matches(selector)", selector):
                return
            self.press("Tab")
        raise AssertionError(f"{MOST_TABS} Tabs do not reach {selector}; the focus is at {self.focused()}")

    def until(self, selector: str) -> None:
        """Waits until the next page shows this, and counts the waiting."""
        begun = time.monotonic()
        self.frame.wait_for_selector(selector, state="attached")
        self.waited += time.monotonic() - begun
