"""No form loses what was typed into it, runs it, or files it when it is wrong.

Each fault is typed into an otherwise good form: it comes back with the message at its field and every other field as
it was, and the EHR has not been asked to write. What is filed is text, whatever it looks like.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Dialog, Frame, expect

from mappings.goal_form import NO_MEASURE
from tests.journeys.enrolling import AGREES, enrol, enrol_with_plan, filed, in_days, plan
from tests.journeys.steps import contacts_of, notes, open_chart, open_contact, save
from tests.journeys.visitor import Seen, Visitor
from tests.running import Practice

pytestmark = pytest.mark.journey

GLORIA, WALTER, HAROLD, EARL, LINDA = (
    "gloria-reyes", "walter-boone", "harold-pike", "earl-whitcomb", "linda-cho"
)  # fmt: skip
LONG = "Glucose log. " * 770
SCRIPT = "</textarea><script>window.stolen = 1; alert('x')</script><img src=x onerror=alert(2)>\" onfocus=alert(3) x=\""
EMOJI = "🦋 👩🏽‍⚕️ naïve café — «ok» 日本語 עברית"
UNSEEN = "be\u202efore\x07 and\x0b after\u0000\ufeff"

Case = tuple[dict[str, Any], str, str]
CONTACT: list[Case] = [
    ({"result": []}, "result", "Say how it ended."),
    ({"mode": []}, "mode", "Say how the contact was made."),
    ({"with": []}, "with", "Say with whom."),
    ({"service_type": []}, "service_type", "Say what the time went into."),
    ({"minutes": ""}, "minutes", "Give whole minutes"),
    ({"minutes": "0"}, "minutes", "Give whole minutes"),
    ({"minutes": "-5"}, "minutes", "Give whole minutes"),
    ({"minutes": "1500"}, "minutes", "from 1 to 1440"),
    ({"minutes": "25:00"}, "minutes", "Give whole minutes"),
    ({"minutes": "1e2"}, "minutes", "Give whole minutes"),
    ({"minutes": "１２"}, "minutes", "Give whole minutes"),
    ({"minutes": SCRIPT}, "minutes", "Give whole minutes"),
    ({"minutes": "9" * 4000}, "minutes", "Give whole minutes"),
    ({"next_date": ""}, "next_date", "or write why there is none"),
    ({"next_date": "2026-02-30"}, "next_date", "not a date in the calendar"),
    ({"next_date": "tomorrow"}, "next_date", "not a date in the calendar"),
    ({"next_date": "0000-00-00"}, "next_date", "not a date in the calendar"),
    ({"next_date": "99999-01-01"}, "next_date", "not a date in the calendar"),
    ({"next_date": "2020-01-01"}, "next_date", "This day has passed."),
    ({"next_date": "9999-12-31"}, "next_date", "within a year"),
    ({"no_next_reason": "Moves away"}, "no_next_reason", "Give a day or a reason, not both"),
    ({"date": "in 3 days"}, "date", "not a date in the calendar"),
    ({"date": "1900-01-01"}, "date", "more than a year back"),
    ({"start": "25:61"}, "start", "not a time of day"),
    ({"start": "10:00", "end": "09:00", "date": "-1"}, "date", "not a date in the calendar"),
    ({"note": LONG}, "note", "nothing you typed was lost"),
    ({"next_text": LONG}, "next_text", "nothing you typed was lost"),
    ({"no_next_reason": EMOJI * 20, "next_date": ""}, "no_next_reason", "nothing you typed was lost"),
]
CONSENT: list[Case] = [
    ({"decision": []}, "decision", "Say whether the patient agrees or declines."),
    ({"disclosure": []}, "disclosure", "4 are still open"),
    ({"disclosure": ["cost-sharing"]}, "disclosure", "3 are still open"),
    ({"mode": []}, "mode", "Say whether it was verbal or written."),
    ({"discussed_by": " "}, "discussed_by", "Write who discussed the service"),
    ({"discussed_by": LONG}, "discussed_by", "nothing you typed was lost"),
    ({"agreed_by": "caregiver", "caregiver_name": ""}, "caregiver_name", "Write the caregiver's name."),
    ({"date": ""}, "date", "Give the day of the answer."),
    ({"date": "2026-13-01"}, "date", "not a date in the calendar"),
    ({"date": in_days(2)}, "date", "still to come"),
    ({"date": "1850-01-01"}, "date", "before the patient was born"),
    ({"date": "2001-01-01"}, "date", "more than ten years back"),
    ({"time": "99:99"}, "time", "not a time of day"),
    ({"decision": "decline"}, "decline_reason", "Choose why the patient declines."),
    ({"decision": "decline", "decline_words": LONG}, "decline_words", "nothing you typed was lost"),
    ({"decision": "decline", "ask_again": "2020-01-01"}, "ask_again", "Choose a day after today"),
]
PLAN: list[Case] = [
    ({"goal_text": ""}, "goal_text", "Write the goal in one sentence."),
    ({"goal_text": SCRIPT * 5}, "goal_text", "nothing you typed was lost"),
    ({"measure": ""}, "measure", NO_MEASURE),
    ({"measure": "a1c", "target_value": "86"}, "target_value", "from 4 to 20 %"),
    ({"measure": "a1c", "target_value": "8,0"}, "target_value", "from 4 to 20 %"),
    ({"own_target": ""}, "own_target", "Write the target to reach."),
    ({"target_due": ""}, "target_due", "Give the day by which the goal"),
    ({"target_due": "2020-01-01"}, "target_due", "Choose a day after today."),
    ({"target_due": "2190-01-01"}, "target_due", "within two years"),
    ({"importance": "11"}, "importance", "from 1 to 10"),
    ({"confidence": ""}, "confidence", "from 1 to 10"),
    ({"to_do_text": ""}, "to_do_text", "Write the next thing to do."),
    ({"to_do_due": "31.02.2027"}, "to_do_due", "not a date in the calendar"),
    ({"what_matters": LONG}, "what_matters", "nothing you typed was lost"),
    ({"note": LONG}, "note", "nothing you typed was lost"),
]
CLOSE: list[Case] = [
    ({"outcome": []}, "outcome", "Choose how the plan ended."),
    ({"reason": ""}, "reason", "Choose the reason."),
    ({"reason": "other", "note": " "}, "note", "Write the reason in a few words."),
    ({"note": LONG}, "note", "nothing you typed was lost"),
    ({"hand_back_to": LONG}, "hand_back_to", "nothing you typed was lost"),
]


@pytest.fixture(scope="module")
def at_work(sandbox: Practice) -> Iterator[Visitor]:
    """A nurse with Gloria's chart open, Walter consented and Harold on a plan."""
    with Visitor(sandbox) as nurse:
        enrol(nurse, WALTER)
        enrol_with_plan(nurse, HAROLD)
        yield nurse


def fresh_form(nurse: Visitor, patient_id: str, path: str) -> Seen:
    """The form as it opens for the first time, with no draft of an earlier case in it."""
    today = nurse.launch(patient_id)
    form = nurse.get(f"/l/{today.launch_id}/{path}")
    kept = path.replace("/", "-")
    nurse.post(f"/l/{today.launch_id}/draft/{kept}/discard", form.form_frame())
    return nurse.get(form.url)


def good(form: Seen, extra: dict[str, Any]) -> dict[str, Any]:
    """A form that would be filed: as prefilled, with what a nurse adds."""
    goals = {name: "met" for name in names(form) if name.startswith("final.")}
    return {**form.form(), **goals, **extra}


def names(form: Seen) -> set[str]:
    return {str(field.get("name")) for field in form.document.xpath("//*[@name]")}


def assert_shown_back(seen: Seen, sent: dict[str, Any], field: str, message: str) -> None:
    """The message stands at the field and in the summary, every field holds what was sent, nothing became markup."""
    assert seen.status == 422, seen.words
    (at_field,) = seen.document.xpath(f"//*[@id='{field}-error']")
    assert message in at_field.text_content()
    (summary,) = seen.document.xpath(f"//div[@id='errors'][@role='alert']//a[@href='#{field}']")
    assert message in summary.text_content()
    (target,) = seen.document.xpath(f"//*[@id='{field}']")
    assert f"{field}-error" in target.get("aria-describedby")
    assert seen.document.xpath("//script[not(@src)] | //img | //*[@onfocus] | //*[@onerror]") == []
    assert "window.stolen = 1" not in " ".join(seen.document.xpath("//script//text()"))
    shown = seen.form()
    for name, value in sent.items():
        wanted = [value] if isinstance(value, str) else list(value)
        assert (name, [each.strip("\x00") for each in shown.get(name, [])]) == (name, wanted)


def attempt(nurse: Visitor, patient_id: str, path: str, extra: dict[str, Any], case: Case) -> None:
    changes, field, message = case
    form = fresh_form(nurse, patient_id, path)
    sent = good(form, extra) | changes
    before, writes = nurse.running.versions(), nurse.running.line.count("POST", "/fhir")
    assert_shown_back(nurse.post(form.url, sent), sent, field, message)
    assert nurse.running.versions() == before
    assert nurse.running.line.count("POST", "/fhir") == writes


def named(cases: list[Case]) -> list[Any]:
    return [pytest.param(case, id=f"{case[1]}: {next(iter(case[0].values()))!r:.24}") for case in cases]


@pytest.mark.parametrize("case", named(CONTACT))
def test_a_wrong_contact_is_shown_back(at_work: Visitor, case: Case) -> None:
    attempt(at_work, GLORIA, "contact", {"minutes": "5"}, case)


@pytest.mark.parametrize("case", named(CONSENT))
def test_a_wrong_consent_is_shown_back(at_work: Visitor, case: Case) -> None:
    attempt(at_work, GLORIA, "consent", AGREES, case)


@pytest.mark.parametrize("case", named(PLAN))
def test_a_wrong_care_plan_is_shown_back(at_work: Visitor, case: Case) -> None:
    attempt(at_work, WALTER, "care-plan", plan(), case)


@pytest.mark.parametrize("case", named(CLOSE))
def test_a_wrong_closing_is_shown_back(at_work: Visitor, case: Case) -> None:
    attempt(at_work, HAROLD, "care-plan/close", {"outcome": "graduated", "reason": "goals-met"}, case)


@pytest.mark.parametrize("path", ["contact", "consent", "care-plan", "care-plan/close"])
def test_a_form_with_nothing_in_it_names_every_required_fact(at_work: Visitor, path: str) -> None:
    patient = {"care-plan": WALTER, "care-plan/close": HAROLD}.get(path, GLORIA)
    form = fresh_form(at_work, patient, path)
    before = at_work.running.versions()
    seen = at_work.post(form.url, {**form.form_frame()})
    assert seen.status == 422
    summary = seen.document.xpath("//div[@id='errors']//a/@href")
    assert len(summary) >= 2
    for link in summary:
        assert seen.document.xpath(f"//*[@id='{link[1:]}']"), link
        assert seen.document.xpath(f"//*[@id='{link[1:]}-error']"), link
    assert at_work.running.versions() == before
    fresh_form(at_work, patient, path)


FORGED = {
    "contact": ({"minutes": "5"}, {"mode": SCRIPT, "answers": ["no-such-task"]}),
    "consent": (AGREES, {"agreed_by": "RelatedPerson/of-another-patient", "disclosure": [SCRIPT]}),
    "care-plan": (plan(), {"addresses": ["Condition/of-another-patient"], "initiating_visit": "Encounter/x"}),
    "care-plan/close": ({"outcome": "graduated"}, {"reason": "../../etc/passwd", "outcome": SCRIPT}),
}


@pytest.mark.parametrize("path", FORGED)
def test_an_answer_that_was_not_offered_is_refused(at_work: Visitor, path: str) -> None:
    patient = {"care-plan": WALTER, "care-plan/close": HAROLD}.get(path, GLORIA)
    extra, forged = FORGED[path]
    form = fresh_form(at_work, patient, path)
    before = at_work.running.versions()
    seen = at_work.post(form.url, good(form, extra) | forged)
    assert seen.status == 422
    for field in forged:
        assert "among" in seen.words or "Choose one of the answers shown." in seen.words, field
    assert seen.document.xpath("//script[not(@src)] | //img") == []
    assert at_work.running.versions() == before
    fresh_form(at_work, patient, path)


def dialogs_of(frame: Frame) -> list[str]:
    """Collects every dialog box that the page opens from now on."""
    seen: list[str] = []

    def dismiss(dialog: Dialog) -> None:
        seen.append(dialog.message)
        dialog.dismiss()

    frame.page.on("dialog", dismiss)
    return seen


def test_markup_emoji_and_unseen_characters_are_filed_as_text_and_run_nowhere(
    sandbox: Practice, context: BrowserContext
) -> None:
    page = context.new_page()
    frame = open_chart(page, sandbox, EARL)
    dialogs = dialogs_of(frame)
    open_contact(frame)
    frame.locator("#minutes").fill("4")
    frame.locator("#note").fill(f"{SCRIPT}\n{EMOJI}\n{UNSEEN}".replace("\0", ""))
    frame.locator("#next_text").evaluate("field => field.closest('details').open = true")
    frame.locator("#next_text").fill(SCRIPT)
    save(frame)

    (contact,) = contacts_of(sandbox, EARL)
    (note,) = [text for text in notes(contact) if "stolen" in text]
    assert note == f"{SCRIPT}\n{EMOJI}\nbefore and after"
    frame = open_chart(page, sandbox, EARL)
    expect(frame.locator("#panel-contacts")).to_contain_text("<script>window.stolen = 1;")
    expect(frame.locator("#panel-contacts")).to_contain_text(EMOJI)
    expect(frame.locator("#panel-to-dos")).to_contain_text("<script>window.stolen = 1;")
    expect(frame.locator("script:not([src]), img, [onerror], [onfocus]")).to_have_count(0)
    assert frame.evaluate("window.stolen") is None
    for tab in ("tasks", "summary"):
        page.goto(f"{sandbox.ehr_url}/chart/{EARL}?user=nurse&tab={tab}")
        expect(page.locator("main")).to_be_visible()
        assert page.evaluate("window.stolen") is None
    assert dialogs == []


def test_ten_thousand_characters_come_back_whole_with_the_summary_in_focus(
    sandbox: Practice, context: BrowserContext
) -> None:
    frame = open_chart(context.new_page(), sandbox, LINDA)
    open_contact(frame)
    frame.locator("#minutes").fill("4")
    frame.locator("#note").fill(LONG + SCRIPT)
    frame.get_by_role("button", name="Save to chart").click()
    expect(frame.locator("#errors")).to_be_focused()
    expect(frame.locator("#errors")).to_contain_text("One thing needs your attention")
    expect(frame.locator("#note")).to_have_value(LONG + SCRIPT)
    expect(frame.locator("#minutes")).to_have_value("4")
    expect(frame.locator("#note")).to_have_attribute("aria-invalid", "true")
    frame.locator("#errors a").click()
    expect(frame.locator("#note")).to_be_focused()
    frame.locator("#note").fill("Shortened.")
    save(frame)
    assert [notes(contact)[-1] for contact in contacts_of(sandbox, LINDA)] == ["Shortened."]


def test_a_wrong_form_may_be_mended_and_is_then_filed_once(at_work: Visitor) -> None:
    form = fresh_form(at_work, GLORIA, "contact")
    wrong = at_work.send(form, minutes="25 h", note=EMOJI)
    assert wrong.status == 422
    filed(at_work.send(wrong, minutes="25"))
    assert [notes(contact)[-1] for contact in contacts_of(at_work.running, GLORIA)] == [EMOJI]
