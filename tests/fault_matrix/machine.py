"""Random faults at random requests, while a nurse documents one patient: a state machine for hypothesis.

Whatever she types, and whatever the EHR does, after each step every entry stands in the EHR once, or it is a draft,
or she threw it away; and nothing stands there twice.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.fault_matrix.actions import ACTIONS, Action
from tests.fault_matrix.held import copies, doubled
from tests.fault_matrix.screen import told
from tests.fault_matrix.world import World
from tests.journeys.visitor import Seen, Visitor

FAULTS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("answer_lost", {}),
    ("reset_connection", {}),
    ("server_error", {"status": 500}),
    ("server_error", {"status": 503, "seconds": 9}),
    ("too_many_requests", {"seconds": 9}),
    ("request_expired_token", {}),
    ("refused", {"status": 403}),
    ("refused", {"status": 404}),
    ("refused", {"status": 412}),
    ("refused", {"status": 422}),
    ("html_login_page", {}),
    ("truncated_body", {}),
    ("truncated_json", {}),
    ("transaction_refused", {"status": 422}),
    ("search_withholds", {}),
    ("extensions_dropped", {}),
)
"""What may strike, none of it slow. Ids that change have a column of their own in the matrix."""


@dataclass
class Entry:
    """What was typed into one form. `discarded` once the nurse threw it away."""

    action: Action
    word: str
    url: str
    fields: dict[str, Any]
    launch_id: str
    discarded: bool = False
    told_filed: bool = False
    history: list[str] = field(default_factory=list)


class Documenting(RuleBasedStateMachine):
    """One patient, one nurse, and an EHR that fails at random. `at` is set by the test that runs it."""

    at: ClassVar[World]
    ordered: ClassVar[bool] = False
    """Whether this EHR never takes several writes at once."""

    def __init__(self) -> None:
        super().__init__()
        self.entries: list[Entry] = []
        self.nurse = Visitor(self.at.running)

    @initialize()
    def open_the_chart(self) -> None:
        self.patient, self.word = self.at.patient()
        self.launch_id = self.nurse.launch(self.patient).launch_id
        self._as_always()

    def _as_always(self) -> None:
        self.at.calm()
        self.at.forget_refusals()
        if self.ordered:
            self.at.faults.set("transaction_refused")

    @rule(
        fault=st.sampled_from(FAULTS),
        method=st.sampled_from(["WRITE", "WRITE", "GET", ""]),
        after=st.integers(0, 4),
        times=st.sampled_from([1, 2, None]),
    )
    def a_fault(self, fault: tuple[str, dict[str, Any]], method: str, after: int, times: int | None) -> None:
        """From now on the EHR fails: at once or only later, once or for good."""
        name, details = fault
        self.at.faults.set(name, **details, method=method or None, after=after, times=times)

    @rule()
    def the_ehr_is_well_again(self) -> None:
        self._as_always()

    @rule(action=st.sampled_from(sorted(ACTIONS)))
    def save(self, action: str) -> None:
        """Opens a form, fills it in and saves it; where an entry of that form waits, that is what is saved."""
        page = ACTIONS[action].open(self.nurse, self.launch_id)
        if page.status != 200 or not page.document.xpath("//form[@id='form']"):
            return
        waiting = self._waiting(ACTIONS[action].form)
        if waiting:
            self._press(waiting, page.url, page.form())
            return
        if action == "goal" and (self._done("goal") or not self._offers_one_goal(page)):
            return
        word = f"{self.word}{len(self.entries)}"
        fields = page.form() | dict(ACTIONS[action].fill(page, word))
        entry = Entry(ACTIONS[action], word, page.url, fields, self.launch_id)
        self.entries.append(entry)
        self._press(entry, page.url, fields)

    @precondition(lambda self: self.entries)
    @rule(which=st.integers(0, 9))
    def press_again(self, which: int) -> None:
        """Back in the browser, and Save: of what is filed already, too."""
        entry = self.entries[which % len(self.entries)]
        if not entry.discarded:
            self._press(entry, entry.url, entry.fields)

    @precondition(lambda self: self.entries)
    @rule(which=st.integers(0, 9))
    def throw_away(self, which: int) -> None:
        """Discards what waits, if anything does."""
        entry = self.entries[which % len(self.entries)]
        if self._waiting(entry.action.form) is not entry or self._begun(entry):
            return
        frame = {name: entry.fields[name] for name in ("csrf_token", "patient", "form_id")}
        self.nurse.post(f"/l/{self.launch_id}/draft/{entry.action.form}/discard", frame)
        entry.discarded = self.at.draft(self.launch_id, entry.action.form) is None

    @invariant()
    def nothing_is_lost_and_nothing_doubled(self) -> None:
        if not self.entries:
            return
        held = copies(self.at.running, self.patient)
        assert not doubled(held)
        for entry in self.entries:
            counts = entry.action.counted(held, entry.word)
            assert all(times <= 1 for times in counts.values()), (entry.word, counts, entry.history)
            whole = all(times == 1 for times in counts.values())
            kept = entry.discarded or self._waiting(entry.action.form) is entry or self._to_paste(entry)
            assert whole or kept, ("lost", entry.word, counts, entry.history)
            assert whole or not entry.told_filed, ("said filed", entry.word, counts, entry.history)

    def teardown(self) -> None:
        """The EHR is well: what still waits is filed by the next Save, and stands there once."""
        try:
            self._as_always()
            for entry in self.entries:
                if not entry.discarded and (
                    self._waiting(entry.action.form) is entry or self._to_paste(entry)
                ):
                    self._file_at_last(entry)
            if self.entries:
                self.nothing_is_lost_and_nothing_doubled()
        finally:
            self.at.calm()
            self.nurse.__exit__(None, None, None)

    def _file_at_last(self, entry: Entry) -> None:
        for _ in range(3):
            page = self._press(entry, entry.url, entry.fields)
            for again in page.document.xpath("//form[@id='again']/@action"):
                page = self._press(entry, again, page.form("again"))
            if told(page).filed:
                return
            self.launch_id = self.nurse.launch(self.patient).launch_id
            form = entry.action.open(self.nurse, self.launch_id)
            entry.url, entry.fields = form.url, form.form()
        raise AssertionError(("never filed", entry.word, entry.history))

    def _press(self, entry: Entry, url: str, fields: dict[str, Any]) -> Seen:
        page = self.nurse.post(url, fields)
        said = told(page)
        entry.history.append(f"{said.screen}: {said.sentence}")
        entry.told_filed = entry.told_filed or said.filed
        return page

    def _waiting(self, form: str) -> Entry | None:
        """The entry that the app keeps as the draft of this form."""
        values = self.at.draft(self.launch_id, form)
        said = [] if values is None else [item for items in values.values() for item in items]
        return next((each for each in self.entries if any(each.word in item for item in said)), None)

    def _to_paste(self, entry: Entry) -> bool:
        """Whether the EHR took it in no form, and it waits as text."""
        return self.at.to_paste(self.launch_id, _form_id(entry)) is not None

    def _begun(self, entry: Entry) -> bool:
        return self.at.begun(entry.launch_id, _form_id(entry))

    def _done(self, action: str) -> bool:
        return any(each.action.name == action for each in self.entries)

    @staticmethod
    def _offers_one_goal(page: Seen) -> bool:
        return sum(name.startswith("importance.") for name in page.form()) == 1


def _form_id(entry: Entry) -> str:
    return str(entry.fields["form_id"][0])
