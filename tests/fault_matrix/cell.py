"""One cell of the matrix: a form is saved while a fault is on, saved again when it is off, and the EHR is looked at."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any

from tests.fault_matrix.actions import ACTIONS, Action
from tests.fault_matrix.held import Copy, copies, doubled
from tests.fault_matrix.rows import Row
from tests.fault_matrix.screen import Screen, Told, is_ours, told
from tests.fault_matrix.world import SAID_OF_HER, World
from tests.journeys.visitor import Seen, Visitor

PRESSES = 3
"""After so many presses with nothing wrong, what is not filed will not be."""
_FORMS = {"DocumentReference": "a note", "QuestionnaireResponse": "answers"}


@dataclass(frozen=True)
class Outcome:
    """What became of a cell: in words for the table, and the sentence that the screen said while the fault was on."""

    words: str
    sentence: str = ""


@dataclass
class Story:
    """One form of one patient on its way into the chart."""

    at: World
    action: Action
    nurse: Visitor
    patient: str
    word: str
    form: Seen
    fields: dict[str, Any]
    before: frozenset[str]
    logged: int = field(default=0)

    @property
    def held(self) -> list[Copy]:
        """What the EHR holds of ours for the patient now."""
        return copies(self.at.running, self.patient)

    @property
    def counts(self) -> Mapping[str, int]:
        """How often each thing that was typed stands in the EHR."""
        return self.action.counted(self.held, self.word)

    @property
    def whole(self) -> bool:
        """Whether all of it stands there."""
        return all(times == 1 for times in self.counts.values())

    @property
    def draft(self) -> bool:
        """Whether the app keeps what was typed."""
        values = self.at.draft(self.form.launch_id, self.action.form) or self.to_paste
        if values is None:
            return False
        said = [item for items in values.values() for item in items]
        assert any(self.word in item for item in said), f"a draft without what was typed: {sorted(values)}"
        return True

    @property
    def to_paste(self) -> dict[str, tuple[str, ...]] | None:
        """What waits as text to be pasted by hand."""
        return self.at.to_paste(self.form.launch_id, str(self.fields["form_id"][0]))

    def check(self, page: Told) -> None:
        """What is true after every press: nothing twice, nothing lost, and the page tells the truth."""
        counts = self.counts
        assert all(times <= 1 for times in counts.values()), f"twice in the EHR: {counts}"
        assert not doubled(self.held), f"twice in the EHR: {doubled(self.held)}"
        if page.filed:
            assert self.whole, f"the page says filed, and the EHR holds {counts}"
            assert not self.draft, "filed, and kept as a draft all the same"
        else:
            assert self.draft, f"not filed, and not kept; the EHR holds {counts}; the page: {page.sentence}"
            assert page.sentence.endswith("."), page.sentence
            assert page.screen in (Screen.CONFLICT, Screen.GATE, Screen.UNSURE) or is_ours(page.sentence), (
                page.sentence
            )
        check_log(self.at, self.logged, self.word, self.form.launch_id)

    def press(self) -> Seen:
        """Sends the form just as it was first sent: Back in the browser, and Save."""
        return self.nurse.post(self.form.url, self.fields)

    def again(self, page: Seen) -> Seen:
        """The next try: on the page that is there, else with Back and Save, else from a new launch."""
        forms = page.document.xpath("//form[@id='form']/@action")
        if forms:
            return self.nurse.post(forms[0] or page.url, page.form())
        tries = page.document.xpath("//form[@id='again']/@action")
        if tries:
            return self.nurse.post(tries[0], page.form("again"))
        back = self.press()
        if told(back).screen is not Screen.PROBLEM:
            return back
        return self.launched_again()

    def launched_again(self) -> Seen:
        """The draft is offered at the next launch, and saved."""
        launch = self.nurse.launch(self.patient)
        page = self.action.open(self.nurse, launch.launch_id)
        sent = self.nurse.send(page) if page.document.xpath("//form[@id='form']") else page
        self.form = page if sent is page else self.form
        return sent

    def answered(self, page: Seen) -> str:
        """A person looked into the chart, and says what she saw: then it stands there once, and no draft is left."""
        if self.whole:
            (there,) = page.document.xpath("//button[@formaction]")
            self.nurse.post(there.get("formaction"), page.form())
        else:
            (form,) = page.document.xpath("//form[@id='form']/@action")
            self.check(told(self.nurse.post(form, page.form() | {"settle.way": "again"})))
        assert self.whole, self.counts
        assert not doubled(self.held), doubled(self.held)
        assert not self.draft, "said to be in the chart, and still a draft"
        return f"filed {self.where}"

    @property
    def where(self) -> str:
        """The same in words."""
        return f"as {self.forms}" if self.forms == "records" else f"in {self.forms}"

    @property
    def forms(self) -> str:
        """In which forms the save stands: "records", "a note", "records and a note"."""
        new = {each.place.partition("/")[0] for each in self.held if each.place not in self.before}
        return " and ".join(sorted({_FORMS.get(each, "records") for each in new}, reverse=True))


def check_log(at: World, since: int, word: str, launch_id: str) -> None:
    """Nothing of the patient and no token stands in the log. `since` is the number of its lines at the beginning."""
    said = "\n".join(at.log[since:])
    assert said, "nothing was logged at all"
    found = [each for each in (*SAID_OF_HER, word, *at.running.tokens(launch_id)) if each in said]
    assert not found, "the log tells of the patient, or a token"


def begin(at: World, action: Action, nurse: Visitor) -> Story | None:
    """A new patient with everything that the action needs, and its form filled in and not sent.

    None where the form offers no such thing, as progress of goals that this EHR does not show.
    """
    logged = len(at.log)
    patient, word = at.patient()
    launch = nurse.launch(patient)
    for need in action.needs:
        ACTIONS[need].file(nurse, launch.launch_id, word)
    form = action.open(nurse, launch.launch_id)
    if not action.offered(form):
        return None
    fields = form.form() | dict(action.fill(form, word))
    before = frozenset(each.place for each in copies(at.running, patient))
    return Story(at, action, nurse, patient, word, form, fields, before, logged)


def save_cell(at: World, row: Row, action: Action) -> Outcome:
    """Runs the cell; an AssertionError tells what a promise was broken by."""
    with Visitor(at.running) as nurse:
        story = begin(at, action, nurse)
        if story is None:
            return Outcome("not offered")
        with row.on(at) as switched:
            page = story.press()
        struck = any(each.struck for each in switched)
        first = told(page)
        story.check(first)
        some = sum(story.counts.values())
        last = first
        for _ in range(PRESSES):
            if last.filed:
                break
            page = story.again(page)
            last = told(page)
            story.check(last)
        if last.screen is Screen.ASKS:
            return Outcome(f"kept until a person looked, then {story.answered(page)}", first.sentence)
        if last.filed:
            with row.on(at) if row.strikes == "reads" else nullcontext():
                pressed = told(story.press())
            story.check(pressed)
            assert pressed.filed, f"it is filed, and the page says: {pressed.sentence}"
        return Outcome(_words(first, last, story, struck=struck, some=some), first.sentence)


def _words(first: Told, last: Told, story: Story, *, struck: bool, some: int) -> str:
    where = story.where
    if not struck:
        assert first.filed, f"nothing was wrong, and yet: {first.sentence}"
        return f"not met, filed {where}"
    if first.filed:
        return f"{'looked up, ' if first.screen is Screen.FOUND else ''}filed {where}"
    half = "Only a part is in the chart" in first.sentence
    held = "half filed and kept" if half else "filed and kept" if some else "kept"
    if not last.filed:
        return "text to paste" if story.to_paste else held
    return f"{held}, then filed {where}"
