"""Where an EHR takes nothing, an entry becomes text to paste: never lost, never in another chart, never there twice."""

from __future__ import annotations

import io
import json
import logging
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest

from app.logs import LOGGER, JsonLines
from app.paste import PasteKey, PasteText, State
from tests.app.pasting import NOTE, drafts, made, nothing_taken, press, text_of, to_text, waits
from tests.journeys.enrolling import AGREES
from tests.journeys.visitor import Visitor
from tests.running import Practice, practice

GLORIA, WALTER = "gloria-reyes", "walter-boone"
TAKES_NO_TASKS = "This EHR does not accept tasks from Chartside."


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Practice]:
    with practice(tmp_path_factory.mktemp("practice"), one_clock=True) as made, nothing_taken(made):
        yield made


# The text.


def test_a_contact_becomes_text_that_says_all_of_it_and_whose_it_is(
    running: Practice, nurse: Visitor
) -> None:
    before = running.versions()
    today = nurse.launch(GLORIA)
    form = nurse.get(f"/l/{today.launch_id}/contact")
    assert "for you to paste into the chart, and Chartside will not see it again" in form.words
    assert "Save to chart" not in form.words
    page = to_text(nurse.send(form, minutes="7", note=NOTE))
    assert f"NOT FILED. {TAKES_NO_TASKS}" in page.words
    text = text_of(page)
    for said in ("Patient: Gloria Inés Reyes, born 12 Mar 1955", "By: Dana Whitfield", "Minutes: 7", NOTE):
        assert said in text
    assert "<b>" not in re.sub(r"&lt;b&gt;", "", page.text)
    assert not re.search(r"urn:uuid|https?://|[A-Za-z0-9+/]{60}", text)
    assert running.line.count("POST", "/fhir") == 0
    assert running.versions() == before
    for where in ("today", "filed", "contact", "filed-here", "preferences"):
        seen = nurse.get(f"/l/{page.launch_id}/{where}")
        assert (waits(seen), drafts(seen)) == (1, False), where
    assert waits(nurse.get(page.url)) == 0
    assert "Nothing waits" not in nurse.get(f"/l/{page.launch_id}/filed").words


def test_a_consent_and_its_steps_become_one_text(nurse: Visitor) -> None:
    form = nurse.get(f"/l/{nurse.launch('kevin-marsh').launch_id}/consent")
    page = to_text(nurse.send(form, **AGREES))
    assert text_of(page).startswith("Consent to care management\n\nPatient: Kevin")
    assert text_of(page).count("\nCONSENT\n") == 1


# Once, and never lost.


def test_pressed_in_a_hurry_it_is_one_text(running: Practice, nurse: Visitor) -> None:
    form = nurse.get(f"/l/{nurse.launch('noah-park').launch_id}/contact")
    fields = form.form() | {"minutes": "5", "note": "Pressed in a hurry."}
    with ThreadPoolExecutor(4) as presses:
        seen = list(presses.map(lambda _: nurse.post(form.url, fields), range(4)))
    assert len({to_text(each).url for each in seen}) == 1
    today = nurse.get(f"/l/{form.launch_id}/today")
    assert (waits(today), drafts(today)) == (1, False)
    late = nurse.post(f"/l/{form.launch_id}/draft/contact", fields)
    assert late.words == "Made into text to paste, not filed"
    assert nurse.get(form.url).url == seen[0].url
    assert not drafts(nurse.get(f"/l/{form.launch_id}/today"))


def test_other_words_in_the_same_form_are_a_second_entry_and_change_no_text(nurse: Visitor) -> None:
    form = nurse.get(f"/l/{nurse.launch('linda-cho').launch_id}/contact")
    first = to_text(nurse.send(form, minutes="5", note="In the first tab."))
    beside = nurse.send(form, minutes="5", note="In the second tab.")
    assert (beside.status, "made into text to paste before, with other words" in beside.words) == (409, True)
    assert "In the first tab." in text_of(nurse.get(first.url))
    second = to_text(nurse.send(beside))
    assert "In the second tab." in text_of(second)
    assert waits(nurse.get(f"/l/{form.launch_id}/today")) == 2


def test_what_is_pasted_waits_no_longer_and_an_old_page_of_its_form_makes_no_second_text(
    running: Practice, nurse: Visitor
) -> None:
    form = nurse.get(f"/l/{nurse.launch('raymond-tull').launch_id}/contact")
    page = to_text(nurse.send(form, minutes="5", note="Told once, then gone."))
    done = press(nurse, page, "pasted")
    assert "you said that a contact of" in done.words
    assert "cannot read it back" in done.words
    today = nurse.get(f"/l/{page.launch_id}/today")
    assert (waits(today), drafts(today), "Told once" in today.text) == (0, False, False)
    assert nurse.send(form, minutes="5", note="Told once, then gone.").url == page.url
    assert press(nurse, page, "change").url == page.url
    assert press(nurse, page, "again").url == page.url
    assert waits(nurse.get(f"/l/{page.launch_id}/today")) == 0
    with running.clock.later(minutes=70):
        late = nurse.launch("raymond-tull")
        over = nurse.get(f"/l/{late.launch_id}/paste/{page.url.rsplit('/', 1)[1]}")
        assert "you said that a contact of" in over.words
        assert not over.document.xpath("//form[@id='put-back']")
        kept = running.app.app.extensions["chartside"].store.items("text-to-paste")
        assert not any(b"Told once" in row for _, row in kept)


def test_a_slip_is_put_back_within_the_hour(nurse: Visitor) -> None:
    page = made(nurse, "robin-ashby")
    for action in ("pasted", "discard"):
        ended = press(nurse, page, action)
        assert waits(nurse.get(f"/l/{page.launch_id}/today")) == 0
        back = press(nurse, ended, "put-back")
        assert NOTE in text_of(back)
        assert waits(nurse.get(f"/l/{page.launch_id}/today")) == 1


def test_what_was_discarded_can_be_saved_again_from_its_old_page(nurse: Visitor) -> None:
    form = nurse.get(f"/l/{nurse.launch('bobby-oshea').launch_id}/contact")
    page = to_text(nurse.send(form, minutes="5", note=NOTE))
    assert "you discarded a contact of" in press(nurse, page, "discard").words
    assert NOTE in text_of(to_text(nurse.send(form, minutes="5", note=NOTE)))


def test_an_entry_is_changed_in_its_form_and_becomes_the_text_anew(nurse: Visitor) -> None:
    page = made(nurse, "denise-whitaker", note="Frist words.")
    form = press(nurse, page, "change")
    assert form.form()["note"] == ["Frist words."]
    today = nurse.get(f"/l/{page.launch_id}/today")
    assert (waits(today), drafts(today)) == (0, True)
    again = to_text(nurse.send(form, note="First words."))
    assert (again.url.rsplit("/", 1)[1], "First words." in text_of(again)) == (
        page.url.rsplit("/", 1)[1],
        True,
    )
    today = nurse.get(f"/l/{page.launch_id}/today")
    assert (waits(today), drafts(today)) == (1, False)


def test_another_kept_entry_is_never_overwritten(nurse: Visitor) -> None:
    first = made(nurse, "harold-pike", note="The first call.")
    form = nurse.get(f"/l/{first.launch_id}/contact")
    nurse.post(f"/l/{first.launch_id}/draft/contact", form.form() | {"note": "The second call."})
    seen = nurse.get(first.url)
    assert "Another entry of this kind is kept and not filed." in seen.words
    for action in ("change", "again"):
        assert press(nurse, first, action).url == first.url
    assert nurse.get(f"/l/{first.launch_id}/contact").form()["note"] == ["The second call."]
    assert "The first call." in text_of(nurse.get(first.url))


# Whose it is, and how long it is kept.


def test_a_text_is_its_users_and_its_patients_alone(running: Practice, nurse: Visitor) -> None:
    page = made(nurse, WALTER)
    text_id = page.url.rsplit("/", 1)[1]
    for other in (nurse.launch("noah-park"), nurse.launch(WALTER, user="assistant")):
        assert waits(other) == 0 or NOTE not in other.text
        assert nurse.get(f"/l/{other.launch_id}/paste/{text_id}").status in (404, 403)
    mine = nurse.launch(WALTER)
    assert waits(mine) == 1
    page = nurse.get(f"/l/{mine.launch_id}/paste/{text_id}")
    wrong = press(nurse, page, "pasted", patient=GLORIA)
    assert (wrong.status, "Wrong patient" in wrong.words) == (409, True)
    other = nurse.launch(GLORIA)
    assert press(nurse, page, "pasted", patient=GLORIA).status == 409
    frame = other.form_frame()
    for action in ("pasted", "discard", "change", "again", "put-back"):
        seen = nurse.post(f"/l/{other.launch_id}/paste/{text_id}/{action}", frame)
        assert seen.status == 404, action
    with Visitor(running) as stranger:
        assert stranger.get(page.url).status in (401, 403)
    assert NOTE in text_of(nurse.get(page.url))


def test_it_outlives_sign_out_and_a_restart_until_its_hours_are_over(
    running: Practice, nurse: Visitor
) -> None:
    page = made(nurse, "earl-whitcomb")
    text_id = page.url.rsplit("/", 1)[1]
    nurse.post(f"/l/{page.launch_id}/sign-out", page.form_frame())
    assert nurse.get(page.url).status in (401, 404)
    running.restart_the_app()
    with running.clock.later(minutes=71 * 60):
        today = nurse.launch("earl-whitcomb")
        assert waits(today) == 1
        assert NOTE in text_of(nurse.get(f"/l/{today.launch_id}/paste/{text_id}"))
    with running.clock.later(minutes=72 * 60 + 5):
        today = nurse.launch("earl-whitcomb")
        assert waits(today) == 0
        assert nurse.get(f"/l/{today.launch_id}/paste/{text_id}").status == 404


def test_what_is_kept_is_sealed(running: Practice, nurse: Visitor) -> None:
    made(nurse, "lily-tran", note="Quite unmistakable words.")
    stored = b"".join(each.read_bytes() for each in running.settings.state_dir.rglob("*") if each.is_file())
    assert len(stored) > 10_000
    assert b"unmistakable" not in stored


def test_after_an_idle_hour_a_press_ends_no_text_and_makes_no_draft(
    running: Practice, nurse: Visitor
) -> None:
    page = made(nurse, "kevin-marsh")
    with running.clock.later(minutes=40):
        assert press(nurse, page, "pasted").status == 401
    today = nurse.launch("kevin-marsh")
    assert waits(today) >= 1
    store = running.app.app.extensions["chartside"].store
    assert not [key for key, _ in store.items("draft") if "paste" in key]


def test_the_text_is_there_also_when_the_ehr_is_not(running: Practice, nurse: Visitor) -> None:
    page = made(nurse, "gloria-reyes")
    with running.line.answers("/fhir/Patient/gloria-reyes", b"{}", status="503 Busy"):
        seen = nurse.get(page.url)
    assert (seen.status, NOTE in text_of(seen), seen.all("banner__name")) == (200, True, [])


# The log.


def test_the_log_says_who_made_and_ended_a_text_and_not_what_it_says(
    running: Practice, nurse: Visitor
) -> None:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    LOGGER.addHandler(handler)
    try:
        page = made(nurse, "linda-cho", note="Nobody but she may know.")
        press(nurse, press(nurse, page, "pasted"), "put-back")
    finally:
        LOGGER.removeHandler(handler)
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    events = [
        (each["event"], each["form"], each["patient"]) for each in lines if each["event"].startswith("text-")
    ]
    whose = ("contact", "Patient/linda-cho")
    assert events == [("text-to-paste", *whose), ("text-ended", *whose), ("text-put-back", *whose)]
    for word in ("Nobody but she", "Cho", page.launch_id, page.url.rsplit("/", 1)[1]):
        assert word not in stream.getvalue()


# The store, and a stop at the worst moment.


def test_a_stop_between_the_text_and_its_draft_leaves_one_of_them(running: Practice, nurse: Visitor) -> None:
    form = nurse.get(f"/l/{nurse.launch('denise-whitaker').launch_id}/contact")
    fields = form.form() | {"minutes": ["5"], "note": ["Kept twice for a moment."]}
    page = to_text(nurse.post(form.url, fields))
    services = running.app.app.extensions["chartside"]
    launch = services.launches.find(form.launch_id)
    (text,) = [
        each for each in services.pastes.waiting(launch.paste_key) if each.id == UUID(fields["form_id"][0])
    ]
    services.drafts.save(launch.draft_key("contact"), text.values, text.id, now=text.made_at)
    assert not drafts(nurse.get(f"/l/{form.launch_id}/today"))
    assert nurse.get(f"/l/{form.launch_id}/contact").url == page.url
    assert services.drafts.load(launch.draft_key("contact")) is None


@pytest.mark.parametrize(
    "other",
    [
        PasteKey("https://ehr.example/fhir/", "Practitioner/nurse", "p1"),
        PasteKey("https://ehr.example/fhir", "Practitioner/nurse2", "p1"),
        PasteKey("https://ehr.example/fhir", "Practitioner/nurse", "p10"),
        PasteKey("https://ehr.example/fhir", 'Practitioner/nurse","p1', ""),
        PasteKey("https://ehr.example/fhir", "", "Practitioner/nursep1"),
    ],
)
def test_a_nearly_equal_key_finds_and_ends_no_text_of_anothers(running: Practice, other: PasteKey) -> None:
    pastes = running.app.app.extensions["chartside"].pastes
    now = running.clock.moment()
    text = PasteText(UUID(int=7), "contact", {"note": (NOTE,)}, NOTE, now, "Not taken.")
    key = PasteKey("https://ehr.example/fhir", "Practitioner/nurse", "p1")
    pastes.keep(key, text)
    assert (pastes.waiting(other), pastes.find(other, text.id), pastes.put_back(other, text.id)) == (
        (),
        None,
        False,
    )
    pastes.end(other, text.id, State.DISCARDED, at=now)
    pastes.withdraw(other, text.id)
    assert pastes.waiting(key) == (text,)
