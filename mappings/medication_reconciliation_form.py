"""A reconciliation as it was sent: for each medicine what the patient says, and the medicines that she adds.

Nothing is answered for her: a line that was not asked stays "not asked". "All others as listed" counts only where that
means one thing (`Line.clear`). A line that has gone from the lists meanwhile keeps its answer under the name that stood
on the page.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from mappings.form import Fields, Submitted
from mappings.medication_list import Line, MedicineLists
from mappings.medication_match import made_of_words, match

ANSWERS = ("taking", "not-taking", "differently", "cannot-afford", "unknown")
"""The codes of medication-answer that a person gives; "not-asked" is what no answer means."""
NOT_ASKED = "not-asked"
ANSWER, HOW, SAME, NAME = "answer:", "how:", "same:", "name:"
"""What the fields of one line begin with; its key follows."""
SAME_OR_NOT = {"yes": "The same", "no": "Two medicines"}
MOST_ADDED = 30
MOST_GONE = 100
MOST_MINUTES = 480
MODES = ("phone", "video", "in-person", "home")
"""How a patient is asked: codes of contact-mode."""
_TAKEN = ("taking", "differently")
_SAID = {
    "not-taking": "Not taken",
    "cannot-afford": "The patient cannot afford it",
    "differently": "Taken differently",
}


@dataclass(frozen=True)
class Answered:
    """One medicine as it was answered: `answer` a code of medication-answer, `how` in the patient's or nurse's words.

    `confirmed` tells of a guess whether a person said that both sides are one; None where nobody did.
    """

    line: Line
    answer: str
    how: str
    confirmed: bool | None
    discrepancies: tuple[str, ...]


@dataclass(frozen=True)
class Added:
    """A medicine that no list has. `perhaps` is the name of a line that it may be: a guess."""

    name: str
    how: str
    perhaps: str


@dataclass(frozen=True)
class ReconciliationEntry:
    """One reconciliation. `document` is what the EHR's list was compared with, in words, or ""."""

    rows: tuple[Answered, ...]
    added: tuple[Added, ...]
    document: str
    ehr_known: bool
    ingredients: int
    many: bool
    note: str
    tell: bool
    minutes: int | None
    mode: str

    @property
    def asked(self) -> int:
        """How many of the listed medicines were asked about."""
        return sum(row.answer != NOT_ASKED for row in self.rows)

    @property
    def discrepancies(self) -> tuple[str, ...]:
        """Each medicine with a discrepancy once, in words: what a prescriber is to look at."""
        listed = (
            f"{row.line.name}: {'; '.join(row.discrepancies)}" for row in self.rows if row.discrepancies
        )
        return (*listed, *(added_words(each, ehr_known=self.ehr_known) for each in self.added))


def added_words(each: Added, *, ehr_known: bool) -> str:
    """What is wrong with an added medicine: that no list has it, or only what it may be."""
    perhaps = f", perhaps the same as {each.perhaps} (a guess)" if each.perhaps else ""
    how = f": {each.how}" if each.how else ""
    return f"{each.name}{how}: taken, {'on no list' if ehr_known else 'told by the patient'}{perhaps}"


def read(
    values: Mapping[str, Sequence[str]],
    lists: MedicineLists,
    *,
    refusal: str = "",
    given_already: Callable[[int], str] = lambda _: "",
) -> Submitted[ReconciliationEntry]:
    """The form as sent, against the lists as they stand now. `refusal` refuses it as a whole.

    `given_already` says why so many minutes cannot be documented; "" where they can.
    """
    fields = Fields(values)
    if refusal:
        fields.refuse("document", refusal)
    rest = fields.flag("rest")
    rows = [_answered(fields, line, lists, rest=rest) for line in _all_lines(fields, lists)]
    added = _added(fields, lists)
    if not rest and not added and all(row.answer == NOT_ASKED for row in rows):
        empty = "Say that the patient takes no medicine, or write those that are taken."
        asked = "Answer at least one medicine, or tick that all are taken as listed."
        fields.refuse("rest", asked if lists.lines else empty)
    note = fields.text("note", limit=2000)
    minutes = fields.whole(
        "minutes",
        1,
        MOST_MINUTES,
        message="Give whole minutes from 1 to 480, or leave it empty.",
        required=False,
    )
    if minutes and (taken := given_already(minutes)):
        fields.refuse("minutes", taken)
    mode = fields.one_of("mode", MODES) or MODES[0]
    return fields.submitted(
        lambda: ReconciliationEntry(
            rows=tuple(row for row in rows if row.line.active or row.answer != NOT_ASKED),
            added=added,
            document=lists.document.said if lists.document else "",
            ehr_known=lists.ehr_known,
            ingredients=lists.ingredients,
            many=lists.many,
            note=note,
            tell=fields.flag("tell"),
            minutes=minutes,
            mode=mode,
        )
    )


def _all_lines(fields: Fields, lists: MedicineLists) -> list[Line]:
    """The lines of both lists, guesses parted where a person said so, and what was on the page and is gone."""
    found: list[Line] = []
    for line in (*lists.lines, *lists.stopped):
        apart = line.guessed and fields.one_of(f"{SAME}{line.key}", SAME_OR_NOT) == "no"
        found += parted(line, ehr_known=lists.ehr_known) if apart else [line]
    known = {key for line in (*lists.lines, *lists.stopped) for key in (line.key, line.twin)}
    answered = [
        name.removeprefix(ANSWER)
        for name, given in fields.values.items()
        if name.startswith(ANSWER) and any(given)
    ]
    gone = [key for key in answered if key not in known]
    return [*found, *(_gone(fields, key) for key in gone[:MOST_GONE])]


def parted(line: Line, *, ehr_known: bool) -> list[Line]:
    """A guess that was none: the EHR's medicine and the document's, each a line of its own."""
    name = line.document.name if line.document else line.name
    missing = ("Not on the EHR’s list",) if ehr_known and line.document and line.document.active else ()
    own = tuple(note for note in line.notes if "told differently" not in note)
    return [
        replace(line, document=None, match=None, flags=(), notes=own, made=line.made[:1]),
        Line(line.twin, name, None, line.document, flags=missing, made=line.made[1:]),
    ]


def _gone(fields: Fields, key: str) -> Line:
    name = fields.text(f"{NAME}{key}") or "A medicine that is no longer listed"
    return Line(key, name, None, None, flags=("No longer on the lists",))


def _answered(fields: Fields, line: Line, lists: MedicineLists, *, rest: bool) -> Answered:
    key = line.key
    answer = fields.one_of(f"{ANSWER}{key}", ANSWERS)
    same = fields.one_of(f"{SAME}{key}", SAME_OR_NOT) if line.guessed else ""
    clear = line.clear or (same == "yes" and replace(line, match=None).clear)
    if not answer and rest and clear:
        answer = "taking"
    how = fields.text(f"{HOW}{key}", required="Write how it is taken." if answer == "differently" else "")
    return Answered(
        line=line,
        answer=answer or NOT_ASKED,
        how=how,
        confirmed=True if same == "yes" else None,
        discrepancies=tuple(_discrepancies(line, answer, how)),
    )


def _discrepancies(line: Line, answer: str, how: str) -> list[str]:
    said = list(line.flags)
    words = f": {how}" if how else ""
    if line.active and answer in _SAID:
        said.append(f"{_SAID[answer]}{words}")
    if not line.active and (line.ehr or line.document) and answer in _TAKEN:
        said.append(f"Stopped on the list, but the patient takes it{words}")
    return said


def _added(fields: Fields, lists: MedicineLists) -> tuple[Added, ...]:
    """One medicine a line: its name, a comma, how it is taken."""
    text = fields.text("added", limit=4000)
    lines = [" ".join(line.split()) for line in text.split("\n") if line.strip()]
    if len(lines) > MOST_ADDED:
        fields.refuse("added", f"Write at most {MOST_ADDED} medicines here, one on each line.")
        return ()
    found = []
    for line in lines:
        name, _, how = line.partition(", ")
        found.append(Added(name.rstrip(","), how.strip(), _perhaps(name, lists)))
    return tuple(found)


def _perhaps(name: str, lists: MedicineLists) -> str:
    made = made_of_words(name)
    lines = (*lists.lines, *lists.stopped)
    return next((line.name for line in lines if any(match(made, each) for each in line.made)), "")
