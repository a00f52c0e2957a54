"""The Task that an eligibility decision becomes: outputs, the readable text, and one line that every server keeps.

A decision is a completed Task of its own, so that the history of decisions stays; the conditions are references to the
problem list, and their words stand in the line, from which all is read where outputs are dropped.
https://hl7.org/fhir/R4/task.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from fhir_profiles.terminology import codes, concept, display
from mappings import dates
from mappings.authorship import (
    Authorship,
    annotation,
)
from mappings.done_task import done_now, signed
from mappings.element import as_number, as_object, as_objects, as_text, reference_text
from mappings.eligibility_form import OTHER, EligibilityEntry
from mappings.identity import code_in, stamp
from mappings.narrative import fixed_line, narrative, read_fixed_line
from mappings.terminology import words_of

LINE = "Eligibility decision"
_BETWEEN = " | "
_PARTS = {"chronic-condition": "Counts", "lasting-condition": "Lasts", "risk-condition": "Serious risk"}

Resource = dict[str, Any]


@dataclass(frozen=True)
class Made:
    """What the builder needs beside the entry: the words of each problem, the reasons for the level, the provider."""

    words: Mapping[str, str]
    because: Sequence[str]
    attested_by: Resource | None


def decision_of(entry: EligibilityEntry) -> str:
    """The code of eligibility-decision that an entry becomes."""
    return "waiting" if entry.decision == "eligible" and entry.attest == "ask" else entry.decision


def eligibility_task(
    entry: EligibilityEntry, made: Made, author: Authorship, form_id: UUID, plan: Resource | None
) -> Resource:
    """The decision as a completed Task; `plan` is a Reference to our open plan, if there is one."""
    decision = decision_of(entry)
    facts = _facts(entry, made)
    told = [(label, words.replace(_BETWEEN, "; ")) for label, words in facts]
    task = {
        **done_now(author, plan=plan),
        "text": narrative("Eligibility for care management", [*signed(author), *told]),
        "businessStatus": concept("eligibility-decision", decision),
        "code": concept("task-code", "eligibility"),
        "description": f"Eligibility for care management: {display('eligibility-decision', decision).lower()}",
        "note": [annotation(fixed_line(LINE, facts), author)],
        "output": _outputs(entry, made),
    }
    return stamp(task, profile="task-eligibility", form_id=form_id, slot="eligibility")


def _words(entry: EligibilityEntry, made: Made, chosen: str) -> str:
    text = entry.picked.other if chosen == OTHER else made.words.get(chosen, "Problem")
    return text.replace("|", "/")


def _facts(entry: EligibilityEntry, made: Made) -> list[tuple[str, str]]:
    picked = entry.picked
    by = as_text(as_object(made.attested_by).get("display"))

    def listed(chosen: Sequence[str]) -> str:
        return _BETWEEN.join(_words(entry, made, each) for each in chosen)

    return [
        ("Decision", display("eligibility-decision", decision_of(entry))),
        ("Counts", listed(picked.conditions)),
        ("Number", str(entry.judged.count)),
        ("Lasts", listed(picked.lasting)),
        ("Number that lasts", str(entry.judged.lasting)),
        ("Serious risk", listed(picked.risk)),
        ("Level", display("risk-tier", entry.tier)),
        ("Level by the rules", display("risk-tier", entry.judged.suggested)),
        ("Because", _BETWEEN.join(each.replace("|", "/") for each in made.because)),
        ("Why another level", entry.tier_reason),
        ("Attested by", by),
        ("Attested on", entry.attested_on.isoformat() if entry.attested_on else ""),
        ("In words", entry.why),
    ]


def _outputs(entry: EligibilityEntry, made: Made) -> list[Resource]:
    chosen = (entry.picked.conditions, entry.picked.lasting, entry.picked.risk)
    outputs = [
        _output(code, valueReference=_reference(entry, made, each))
        for code, picks in zip(_PARTS, chosen, strict=True)
        for each in picks
    ]
    outputs += [
        _output("chronic-count", valueInteger=entry.judged.count),
        _output("lasting-count", valueInteger=entry.judged.lasting),
        _output("risk-tier", valueCodeableConcept=concept("risk-tier", entry.tier)),
        _output("suggested-tier", valueCodeableConcept=concept("risk-tier", entry.judged.suggested)),
        *(_output("tier-because", valueString=each) for each in made.because),
    ]
    if entry.tier_reason:
        outputs.append(_output("tier-reason", valueString=entry.tier_reason))
    if made.attested_by and entry.attested_on:
        outputs.append(_output("attested-by", valueReference=made.attested_by))
        outputs.append(_output("attested-on", valueDate=entry.attested_on.isoformat()))
    if entry.why:
        outputs.append(_output("why", valueString=entry.why))
    return outputs


def _output(code: str, **value: Any) -> Resource:
    return {"type": concept("eligibility-part", code), **value}


def _reference(entry: EligibilityEntry, made: Made, chosen: str) -> Resource:
    named = {"display": _words(entry, made, chosen)}
    return {"type": "Condition", **named} if chosen == OTHER else {"reference": chosen, **named}


@dataclass(frozen=True)
class Named:
    """One condition as the record names it: its reference ("" where only its words are left) and its words."""

    reference: str
    words: str


@dataclass(frozen=True)
class Recorded:
    """Everything a decision says, from its outputs, and from its line where those are gone."""

    decision: str
    conditions: tuple[Named, ...]
    lasting: tuple[Named, ...]
    risk: tuple[Named, ...]
    count: int
    lasting_count: int
    tier: str
    suggested: str
    because: tuple[str, ...]
    tier_reason: str
    attested_by: str
    attested_on: date | None
    why: str


def read_task(task: Resource) -> Recorded:
    """What a decision's Task says."""
    line = _line(task)
    named = {code: _named(task, code, line.get(label, "")) for code, label in _PARTS.items()}
    on = dates.parse(_value(task, "attested-on", "valueDate") or line.get("Attested on"))
    return Recorded(
        decision=code_in(task.get("businessStatus"), "eligibility-decision")
        or _code("eligibility-decision", line.get("Decision", "")),
        conditions=named["chronic-condition"],
        lasting=named["lasting-condition"],
        risk=named["risk-condition"],
        count=_number(task, "chronic-count", line.get("Number", "")),
        lasting_count=_number(task, "lasting-count", line.get("Number that lasts", "")),
        tier=_tier(task, "risk-tier", line.get("Level", "")),
        suggested=_tier(task, "suggested-tier", line.get("Level by the rules", "")),
        because=_texts(task, "tier-because", line.get("Because", "")),
        tier_reason=as_text(_value(task, "tier-reason", "valueString")) or line.get("Why another level", ""),
        attested_by=words_of_reference(_value(task, "attested-by", "valueReference"))
        or line.get("Attested by", ""),
        attested_on=on.day if on else None,
        why=as_text(_value(task, "why", "valueString")) or line.get("In words", ""),
    )


def words_of_reference(reference: Any) -> str:
    """The display of a Reference."""
    return as_text(as_object(reference).get("display"))


def _line(task: Resource) -> dict[str, str]:
    notes = (as_text(note.get("text")) for note in as_objects(task.get("note")))
    return next((found for text in notes if (found := read_fixed_line(text, LINE))), {})


def _values(task: Resource, code: str, element: str) -> tuple[Any, ...]:
    outputs = (
        each
        for each in as_objects(task.get("output"))
        if code_in(each.get("type"), "eligibility-part") == code
    )
    return tuple(value for each in outputs if (value := each.get(element)) is not None)


def _value(task: Resource, code: str, element: str) -> Any:
    return next(iter(_values(task, code, element)), None)


def _named(task: Resource, code: str, line: str) -> tuple[Named, ...]:
    found = [
        Named(reference_text(each), words_of_reference(each))
        for each in _values(task, code, "valueReference")
    ]
    return tuple(found) or tuple(Named("", words) for words in line.split(_BETWEEN) if words)


def _number(task: Resource, code: str, line: str) -> int:
    said = as_number(_value(task, code, "valueInteger"))
    found = said if said is not None else as_number(line)
    return int(found) if found is not None else 0


def _tier(task: Resource, code: str, line: str) -> str:
    said = _value(task, code, "valueCodeableConcept")
    return code_in(said, "risk-tier") or _code("risk-tier", words_of(said) or line)


def _texts(task: Resource, code: str, line: str) -> tuple[str, ...]:
    found = tuple(filter(None, (as_text(each) for each in _values(task, code, "valueString"))))
    return found or tuple(filter(None, line.split(_BETWEEN)))


def _code(system: str, words: str) -> str:
    return next((code for code in codes(system) if display(system, code) == words), "")
