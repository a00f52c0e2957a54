"""The steps that the users' stories share: each does in Chromium what a nurse does, and waits for what she sees."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Frame, Locator, Page, expect

from fhir_profiles.canonical import TAG
from tests.running import Practice

FILED = "Filed in the chart"


def open_chart(page: Page, running: Practice, patient_id: str, user: str = "nurse", **more: str) -> Frame:
    """Opens the patient's chart in the EHR with Chartside in its frame; the frame, once the banner is there."""
    frame = open_frame(page, running, patient_id, user, **more)
    expect(frame.locator("header.banner")).to_be_visible()
    return frame


def open_frame(page: Page, running: Practice, patient_id: str, user: str = "nurse", **more: str) -> Frame:
    """The same without waiting for a banner: for a launch that may fail."""
    extra = "".join(f"&{name}={value}" for name, value in more.items())
    page.goto(f"{running.ehr_url}/chart/{patient_id}?user={user}&tab=app{extra}")
    handle = page.wait_for_selector("iframe[name=chartside-frame]")
    frame = handle.content_frame() if handle else None
    assert frame is not None
    return frame


def hub(frame: Frame | Page, words: str) -> None:
    """Goes to one of the pages of the row; in a narrow frame some stand under *More*."""
    link = frame.locator(".hubs__row").get_by_role("link", name=words, exact=True)
    if not link.is_visible():
        frame.locator(".hubs__more summary").click()
        link = frame.locator(".hubs__more").get_by_role("link", name=words, exact=True)
    link.click()


# A tab in the background is never painted, so that waiting for its picture has an end.
PAINTED = """() => new Promise(seen => {
    requestAnimationFrame(() => requestAnimationFrame(seen));
    setTimeout(seen, 500);
})"""


def choose(frame: Frame | Page, answer: str) -> None:
    """Presses an answer's label, once it is on the screen.

    Nobody presses what is not there yet: Chromium loses a press that comes before a frame's first picture.
    """
    _label(frame, answer).evaluate(PAINTED)
    press(frame, answer)


def press(frame: Frame | Page, answer: str) -> None:
    """Presses an answer's label at once, as where no script may run and so none can wait for a picture.

    USWDS draws the button itself with the label.
    """
    label = _label(frame, answer)
    label.click()
    expect(frame.locator(f'[id="{label.get_attribute("for")}"]')).to_be_checked()


def _label(frame: Frame | Page, answer: str) -> Locator:
    return frame.locator("label", has_text=re.compile(rf"^{re.escape(answer)}")).first


def save_button(frame: Frame | Page) -> Locator:
    """The page's one primary button of a form."""
    return frame.locator("button.usa-button[form=form]")


def save(frame: Frame | Page) -> None:
    """Saves the form and waits for the receipt."""
    save_button(frame).click()
    expect(frame.get_by_role("heading", name=FILED)).to_be_visible()


def back_to_today(frame: Frame | Page) -> None:
    frame.get_by_role("link", name="Back to Today").click()
    expect(frame.locator(".next")).to_be_visible()


def record_consent(frame: Frame | Page, link: str = "Record consent") -> None:
    """The patient agrees, having been told all four points."""
    frame.get_by_role("link", name=link).first.click()
    choose(frame, "Agrees")
    for label in frame.locator("#disclosure label").all():
        label.click()
    save(frame)
    back_to_today(frame)


def open_plan(frame: Frame | Page, *, words: str = "Walk to church and back") -> None:
    """A plan with one goal, measured in its own way, and one next task."""
    frame.get_by_role("link", name="Open the care plan").click()
    frame.get_by_label("What matters most").fill("Dancing at my granddaughter's wedding")
    frame.get_by_label("In the patient’s words").fill(words)
    frame.get_by_label("The goal in one sentence").fill("Walks 20 minutes on five days a week")
    frame.get_by_label("Measured by", exact=True).select_option("own")
    frame.get_by_text("Measured by something else").click()
    frame.get_by_label("What is measured").fill("Minutes walked in a row")
    frame.get_by_label("Target in words").fill("20 minutes")
    frame.get_by_label("The patient’s first step").fill("Walks to the corner and back")
    frame.get_by_label("Importance").fill("9")
    frame.get_by_label("Confidence").fill("6")
    frame.get_by_label("What", exact=True).fill("Call about the first walk")
    frame.locator("label", has_text="Discussed with the patient, who agrees").click()
    save(frame)
    back_to_today(frame)


def open_contact(frame: Frame | Page) -> None:
    """Opens the contact form from Today."""
    frame.get_by_role("link", name="Document contact").click()
    expect(frame.get_by_role("heading", name="Document a contact")).to_be_visible()


def start_timer(frame: Frame | Page) -> None:
    frame.get_by_role("button", name="Start the timer").click()
    expect(frame.get_by_role("button", name="Pause")).to_be_visible()


def close_plan(frame: Frame | Page) -> None:
    """The patient graduates, with the goal met."""
    frame.get_by_role("link", name="Close the plan").click()
    choose(frame, "Graduated")
    frame.get_by_label("Reason", exact=True).select_option("goals-met")
    choose(frame, "Met")
    save(frame)
    back_to_today(frame)


def ours(resource: dict[str, Any]) -> bool:
    """True for a record that Chartside wrote."""
    return any(tag.get("code") == TAG["code"] for tag in resource["meta"].get("tag", []))


def kind(task: dict[str, Any]) -> str:
    """Which of our Tasks it is: contact, to-do, enrolment-state; "" for another's."""
    codings = task.get("code", {}).get("coding", [])
    return next((coding["code"] for coding in codings if "chartside" in coding.get("system", "")), "")


def contacts_of(running: Practice, patient_id: str) -> list[dict[str, Any]]:
    """The contacts that the EHR holds for the patient."""
    return [task for task in running.held("Task", patient_id) if kind(task) == "contact"]


def notes(task: dict[str, Any]) -> list[str]:
    """The texts of a record's notes."""
    return [note["text"] for note in task.get("note", [])]
