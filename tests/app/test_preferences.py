"""What a user chooses is one of a few fixed words; it is kept in the EHR where there is a place, and never clinical."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kept_preferences import CODE, VALUE, KeptPreferences, Where
from app.preferences import CHOICES, Preferences
from smart_launch.app_state import AppState
from smart_launch.errors import Conflict, FhirError, SessionEnded, Unreachable
from tests.journeys.enrolling import filed
from tests.journeys.steps import contacts_of
from tests.journeys.visitor import Seen, Visitor
from tests.running import Practice, practice

GLORIA, WALTER = "gloria-reyes", "walter-boone"
LARGE = "html{font-size:118.75%}"

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=3),
)


@given(
    st.dictionaries(
        st.sampled_from([*CHOICES, "note", "patient"]), JSON | st.sampled_from(["large", "contact"])
    )
)
@pytest.mark.requirement("client@24")
def test_whatever_is_sent_or_found_only_offered_words_are_ever_kept(values: dict[str, Any]) -> None:
    kept = Preferences.from_json(values).to_json()
    assert set(kept) == set(CHOICES)
    assert all(kept[name] in CHOICES[name] for name in CHOICES)


@pytest.mark.parametrize("value", [None, 7, "x", [], {"text_size": ["large"]}, {"text_size": "huge"}])
def test_what_is_not_understood_is_the_default(value: Any) -> None:
    assert Preferences.from_json(value) == Preferences()


def test_only_what_differs_is_a_change() -> None:
    one = Preferences(text_size="large")
    assert one.differing(Preferences()) == {"text_size": "large"}
    assert one.differing(one) == {}


# The keeper, over a store of state that fails as told


class State:
    """An EHR's place for app state. `meanwhile` are writes of another tab, each just before one of ours."""

    def __init__(self) -> None:
        self.kept: AppState | None = None
        self.meanwhile: list[dict[str, str]] = []
        self.fails: Exception | None = None
        self.wrote: list[dict[str, str]] = []

    def read(self) -> AppState | None:
        if self.fails:
            raise self.fails
        return self.kept

    def write(self, values: dict[str, str], kept: AppState | None) -> AppState:
        if self.fails:
            raise self.fails
        if self.meanwhile:
            other = Preferences.from_json(json.loads(self.kept.values[VALUE]) if self.kept else {})
            self._keep({VALUE: orjson.dumps(other.chosen(self.meanwhile.pop(0)).to_json()).decode()})
            raise Conflict(412)
        assert kept == self.kept
        self.wrote.append(values)
        return self._keep(values)

    def _keep(self, values: dict[str, str]) -> AppState:
        version = int(self.kept.version) + 1 if self.kept else 1
        self.kept = AppState("1", str(version), values)
        return self.kept


@pytest.fixture
def state(monkeypatch: pytest.MonkeyPatch) -> State:
    made = State()
    monkeypatch.setattr("app.kept_preferences.AppStateStore.of", lambda client, code: made)
    return made


@pytest.fixture
def keeper(app: Any) -> KeptPreferences:
    found: KeptPreferences = app.extensions["chartside"].preferences
    return found


@pytest.fixture
def launch(app: Any, launched: Callable[..., str]) -> Any:
    return app.extensions["chartside"].launches.find(launched())


@pytest.mark.requirement("client@24")
def test_two_tabs_that_choose_at_once_lose_neither_choice(
    keeper: KeptPreferences, launch: Any, state: State
) -> None:
    state.meanwhile = [{"first_page": "contact"}, {"contact_mode": "video"}]
    kept = keeper.save(launch, None, {"text_size": "large", "first_page": "today", "contact_mode": "phone"})
    assert kept.where is Where.EHR
    assert kept.preferences == Preferences("large", "contact", "video")
    assert len(state.wrote) == 1


def test_an_ehr_that_conflicts_for_ever_is_left_and_the_choice_holds_for_the_session(
    keeper: KeptPreferences, launch: Any, state: State
) -> None:
    state.meanwhile = [{"contact_mode": "video"}] * 9
    kept = keeper.save(launch, None, {"text_size": "large"})
    assert (kept.where, kept.preferences.text_size) == (Where.UNREAD, "large")
    assert len(state.meanwhile) == 6
    assert keeper.load(launch, None).preferences.text_size == "large"


@pytest.mark.parametrize(
    "error", [FhirError(500), FhirError(403), Unreachable("timeout", sent=True), SessionEnded()]
)
def test_an_ehr_that_cannot_give_them_costs_no_page(
    keeper: KeptPreferences, launch: Any, state: State, clock: Any, error: Exception
) -> None:
    state.fails = error
    assert keeper.load(launch, None).where is Where.UNREAD
    state.fails = None
    assert keeper.load(launch, None).where is Where.UNREAD
    clock.pass_by(seconds=61)
    assert keeper.load(launch, None).where is Where.EHR


def test_they_are_read_once_a_launch(keeper: KeptPreferences, launch: Any, state: State) -> None:
    state.write({VALUE: '{"text_size": "large"}'}, None)
    assert keeper.load(launch, None).preferences.text_size == "large"
    state.kept = None
    assert keeper.load(launch, None).preferences.text_size == "large"


@pytest.mark.parametrize("text", ["", "{", "[]", '{"text_size": "<script>"}', "null"])
def test_what_somebody_else_wrote_there_is_never_trusted(
    keeper: KeptPreferences, launch: Any, state: State, text: str
) -> None:
    state.write({VALUE: text}, None)
    assert keeper.load(launch, None).preferences == Preferences()


def test_a_choice_made_before_is_not_written_again(
    keeper: KeptPreferences, launch: Any, state: State
) -> None:
    keeper.save(launch, None, {"text_size": "large"})
    keeper.save(launch, None, {"text_size": "large"})
    assert len(state.wrote) == 1


# The pages, at the sandbox EHR


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with practice(tmp_path_factory.mktemp("preferences"), ehr={"authorize": "get"}) as made:
        yield made


def state_requests(running: Practice) -> list[str]:
    return [got.method for got in running.line.received if got.path.startswith("/appstate")]


def choose(nurse: Visitor, page: Seen, **values: str) -> Seen:
    form = nurse.get(f"/l/{page.launch_id}/preferences")
    return nurse.send(form, **values)


@pytest.mark.requirement("client@24")
def test_they_are_kept_in_the_ehr_and_hold_in_the_next_chart(running: Practice) -> None:
    with Visitor(running) as nurse:
        today = nurse.launch(GLORIA)
        assert today.url.endswith("/today")
        saved = choose(nurse, today, text_size="large", first_page="contact", contact_mode="video")
        assert "Saved. They are kept in the EHR" in saved.words
        assert LARGE in nurse.get(f"/l/{today.launch_id}/style.css").text
    with Visitor(running) as at_another_computer:
        form = at_another_computer.launch(WALTER)
        assert form.url.split("?")[0].endswith("/contact")
        assert form.form()["mode"] == ["video"]
        receipt = filed(at_another_computer.send(form, minutes="5", note="By video."))
        assert len(contacts_of(running, WALTER)) == 1
        assert LARGE in at_another_computer.get(f"/l/{receipt.launch_id}/style.css").text
    with Visitor(running) as another:
        assert another.launch(GLORIA, user="assistant").url.endswith("/today")


@pytest.mark.requirement("client@24")
def test_what_the_ehr_keeps_of_them_names_no_patient_and_no_fact(running: Practice) -> None:
    with Visitor(running) as nurse:
        today = nurse.launch(GLORIA, user="physician")
        choose(nurse, today, text_size="large", note="A1c 10.1", contact_mode="Gloria Reyes")
        services = running.app.app.extensions["chartside"]
        launch = services.launches.find(today.launch_id)
        client = services.launches.client(launch, services.http)
        query = {"code": f"{CODE.system}|{CODE.code}", "subject": f"{launch.ehr.iss}/Practitioner/physician"}
        bundle = client.at(f"{running.ehr_url}/appstate").get("Basic", query)
    (basic,) = [entry["resource"] for entry in bundle["entry"]]
    chosen = Preferences(text_size="large").to_json()
    assert [json.loads(each["valueString"]) for each in basic["extension"]] == [chosen]
    assert set(basic) == {"resourceType", "id", "meta", "code", "subject", "extension"}
    for never in ("A1c", "Gloria", GLORIA, "Patient"):
        assert never not in json.dumps(bundle)


def test_an_intent_of_the_ehr_goes_before_a_users_first_page(running: Practice) -> None:
    with Visitor(running) as nurse:
        choose(nurse, nurse.launch(GLORIA), first_page="contact")
        assert nurse.launch(GLORIA, intent="consent").url.split("?")[0].endswith("/consent")


@pytest.mark.requirement("client@24")
def test_where_the_ehr_has_no_place_they_hold_for_the_session_and_the_page_says_so(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("epic")
    with practice(folder, persona="epic", ehr={"authorize": "get"}) as running:
        with Visitor(running) as nurse:
            today = nurse.launch(GLORIA)
            saved = choose(nurse, today, text_size="large", first_page="contact")
            assert (
                "Saved. This EHR does not keep them, so they hold until you close Chartside here."
                in saved.words
            )
            assert LARGE in nurse.get(f"/l/{today.launch_id}/style.css").text
            assert nurse.launch(WALTER).url.split("?")[0].endswith("/contact")
        with Visitor(running) as later:
            assert later.launch(GLORIA).url.endswith("/today")
        assert state_requests(running) == []


def test_a_form_of_another_patient_or_session_chooses_nothing(running: Practice) -> None:
    with Visitor(running) as nurse:
        today = nurse.launch(GLORIA, user="physician")
        page = nurse.get(f"/l/{today.launch_id}/preferences")
        wrong = {**page.form_frame(), "patient": WALTER, "text_size": "normal"}
        assert nurse.post(f"/l/{today.launch_id}/preferences", wrong).status == 409
        foreign = {**page.form_frame(), "text_size": "normal"}
        assert (
            nurse.post(f"/l/{today.launch_id}/preferences", foreign, origin="https://evil.example").status
            == 403
        )


def test_many_pages_at_once_read_them_without_harm(
    keeper: KeptPreferences, launch: Any, state: State
) -> None:
    found: list[Where] = []
    threads = [
        threading.Thread(target=lambda: found.append(keeper.load(launch, None).where)) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [Where.EHR] * 8


def test_choices_sent_after_the_session_went_idle_are_no_unfiled_note(
    browser: Any,
    launched: Callable[..., str],
    post: Callable[..., Any],
    clock: Any,
    log_lines: Callable[[], str],
) -> None:
    launch_id = launched()
    clock.pass_by(minutes=31)
    answer = post(launch_id, "preferences", text_size="large")
    assert answer.status_code == 401
    assert "What you typed is kept" not in answer.text
