"""One card of a card study as filed and read back: a completed Task, its answers as outputs and as one line.

The line says everything again, so a card reads the same where a server keeps notes only, and where cards of many
patients are counted the header of each stands in it: age, sex, insurance, provider (domain rows 175 to 193).
https://hl7.org/fhir/R4/task.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from fhir_profiles.terminology import codes, concept, display
from mappings import dates
from mappings.authorship import Authorship, annotation, instant, patient_reference
from mappings.chart import Chart, once
from mappings.coverage import cost_share
from mappings.done_task import done_now, signed
from mappings.element import as_number, as_object, as_objects, as_text, relative_reference
from mappings.identity import code_in, full_url, own, stamp, task_kind
from mappings.narrative import fixed_line, narrative, read_fixed_line
from mappings.needs_card_form import LEAST, MOST, NONE, NeedsCardEntry, card, need_items
from mappings.patient import patient_banner
from mappings.practitioner import actor_name
from mappings.questionnaire.response import response_of
from mappings.terminology import status_code

LINE = "Needs card"
CONTAINED = "answers"
_YES = {True: "yes", False: "no"}


@dataclass(frozen=True)
class NeedsCard:
    """One card, read back. `needs` hold what was said, 1 to 5; `top` is a need, "none", or "" where it is lost."""

    id: str
    reference: str
    when: dates.FhirDate | None
    when_words: str
    by: str
    needs: Mapping[str, int]
    other_need: str
    top: str
    act: str
    reasons: str
    continuity: str
    age: str
    sex: str
    insurance: str
    provider: str
    note: str
    resource: dict[str, Any]

    @property
    def top_words(self) -> str:
        """The most important need in words; what was written for "something else"."""
        if self.top == "need-k" and self.other_need:
            return self.other_need
        return display("needs-card-item", self.top) if self.top in codes("needs-card-item") else ""

    @property
    def act_words(self) -> str:
        """Whether the patient would act on a referral, in words."""
        return display("needs-card-answer", self.act) if self.act in codes("needs-card-answer") else ""


def letter(need: str) -> str:
    """ "A" of "need-a"."""
    return need.rpartition("-")[2].upper()


def header(chart: Chart, now: datetime) -> tuple[tuple[str, str], ...]:
    """What the sticker of the card says: age, sex, insurance, the patient's provider; "" where the chart does not."""
    banner = patient_banner(chart, today=now.date())
    return (
        ("Age", banner.age_words),
        ("Sex", banner.sex),
        ("Insurance", ", ".join(cost_share(chart, now).payers)),
        ("Provider", banner.pcp_name or ""),
    )


def needs_card_resources(
    entry: NeedsCardEntry, chart: Chart, author: Authorship, form_id: UUID
) -> tuple[dict[str, Any], ...]:
    """What a card files: itself."""
    said = _facts(entry)
    line = fixed_line(LINE, [*said, *header(chart, author.now)])
    task = {
        **done_now(author),
        "text": narrative(
            "Needs card", [*signed(author), *header(chart, author.now), *_readable(entry)], note=entry.note
        ),
        "contained": [_response(entry, author)],
        "code": concept("task-code", "needs-card"),
        "description": f"Needs card: {_top_words(entry)}",
        "input": [{"type": concept("assessment-part", "questionnaire"), "valueCanonical": card().canonical}],
        "output": _outputs(entry),
        "note": [annotation(text, author) for text in (line, entry.note) if text],
    }
    return (stamp(task, profile="task-needs-card", form_id=form_id, slot="needs-card"),)


def _facts(entry: NeedsCardEntry) -> list[tuple[str, str]]:
    """The answers as the line bears them."""
    reasons = [*(display("needs-card-answer", code) for code in entry.reasons), entry.reason_other]
    return [
        ("Visit for", " | ".join(filter(None, reasons))),
        ("Continuity", "" if entry.continuity is None else _YES[entry.continuity]),
        *((letter(code), str(number)) for code, number in entry.needs),
        ("Something else", entry.other_need),
        ("Most important", "none" if entry.top == NONE else letter(entry.top)),
        ("Would act", display("needs-card-answer", entry.act)),
    ]


def _readable(entry: NeedsCardEntry) -> list[tuple[str, str]]:
    """The same for a reader: only what is needed, the rest in one sentence."""
    facts = dict(_facts(entry))
    marked = [
        (display("needs-card-item", code), f"{number} of {MOST}")
        for code, number in entry.needs
        if number > LEAST
    ]
    return [
        ("Visit for", facts["Visit for"]),
        ("Seen twice or more before by the provider", facts["Continuity"]),
        *marked,
        ("All other needs", f"{LEAST} of {MOST}, not at all"),
        ("Something else", entry.other_need),
        ("Most important need", _top_words(entry)),
        ("Would act on a referral", facts["Would act"]),
    ]


def _top_words(entry: NeedsCardEntry) -> str:
    return display("needs-card-item", entry.top)


def _response(entry: NeedsCardEntry, author: Authorship) -> dict[str, Any]:
    made = response_of(card(), entry.answers, complete=True)
    signed_by = {"subject": patient_reference(author), "authored": instant(author.now)}
    items = {"item": made.pop("item")} if "item" in made else {}
    return {"resourceType": made.pop("resourceType"), "id": CONTAINED, **made, **signed_by, **items}


def _outputs(entry: NeedsCardEntry) -> list[dict[str, Any]]:
    needs = [
        {"type": concept("needs-card-item", code), "valueInteger": number} for code, number in entry.needs
    ]
    reasons = [
        {
            "type": concept("needs-card-item", "reason"),
            "valueCodeableConcept": concept("needs-card-answer", code),
        }
        for code in entry.reasons
    ]
    other = [{"type": concept("needs-card-item", "reason"), "valueString": entry.reason_other}]
    seen = [{"type": concept("needs-card-item", "continuity"), "valueBoolean": entry.continuity}]
    answers = {
        "type": concept("assessment-part", "answers"),
        "valueReference": {"reference": f"#{CONTAINED}"},
    }
    return [
        answers,
        *reasons,
        *(other if entry.reason_other else []),
        *(seen if entry.continuity is not None else []),
        *needs,
        {
            "type": concept("needs-card-item", "top-need"),
            "valueCodeableConcept": concept("needs-card-item", entry.top),
        },
        {
            "type": concept("needs-card-item", "act"),
            "valueCodeableConcept": concept("needs-card-answer", entry.act),
        },
    ]


@once
def needs_cards(chart: Chart, *, now: datetime) -> tuple[NeedsCard, ...]:
    """Every card of this patient, newest first."""
    tasks = [task for task in own(chart, "Task") if task_kind(task) == "needs-card"]
    found = [read_card(task, chart, now) for task in tasks if status_code(task.get("status")) == "completed"]
    return tuple(sorted(found, key=lambda each: dates.newest_first_key(each.when)))


def read_card(task: dict[str, Any], chart: Chart, now: datetime) -> NeedsCard:
    """A card as its Task says: by its outputs, and by its line where those are gone."""
    notes = [as_text(note.get("text")) for note in as_objects(task.get("note"))]
    line: Mapping[str, str] = next(filter(None, (read_fixed_line(text, LINE) for text in notes)), {})
    coded = {code_in(each.get("type"), "needs-card-item"): each for each in as_objects(task.get("output"))}
    when = dates.parse(as_object(task.get("executionPeriod")).get("start")) or dates.parse(
        task.get("authoredOn")
    )
    return NeedsCard(
        id=as_text(task.get("id")),
        reference=relative_reference(task) or full_url(task),
        when=when,
        when_words=dates.words(when, now),
        by=actor_name(chart, task.get("owner"), task),
        needs=_needs(coded, line),
        other_need=line.get("Something else", ""),
        top=_top(coded, line),
        act=_act(coded, line),
        reasons=line.get("Visit for", "").replace(" | ", ", "),
        continuity=line.get("Continuity", ""),
        age=line.get("Age", ""),
        sex=line.get("Sex", ""),
        insurance=line.get("Insurance", ""),
        provider=line.get("Provider", ""),
        note="\n".join(text for text in notes if text and not read_fixed_line(text, LINE)),
        resource=task,
    )


def _needs(coded: Mapping[str, dict[str, Any]], line: Mapping[str, str]) -> dict[str, int]:
    """What was said of each need; one that no source tells, or that is no number from 1 to 5, is left out."""
    found = {}
    for item in need_items():
        number = as_number(coded.get(item.link_id, {}).get("valueInteger"))
        number = as_number(line.get(letter(item.link_id))) if number is None else number
        if number is not None and number in range(LEAST, MOST + 1):
            found[item.link_id] = int(number)
    return found


def _top(coded: Mapping[str, dict[str, Any]], line: Mapping[str, str]) -> str:
    said = code_in(coded.get("top-need", {}).get("valueCodeableConcept"), "needs-card-item")
    written = line.get("Most important", "").casefold()
    by_line = NONE if written == NONE else f"need-{written}" if written else ""
    return said or (by_line if by_line in codes("needs-card-item") else "")


def _act(coded: Mapping[str, dict[str, Any]], line: Mapping[str, str]) -> str:
    said = code_in(coded.get("act", {}).get("valueCodeableConcept"), "needs-card-answer")
    by_words = {display("needs-card-answer", code): code for code in codes("needs-card-answer")}
    return said or by_words.get(line.get("Would act", ""), "")
