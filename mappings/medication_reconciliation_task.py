"""The Task that one medication reconciliation becomes: answers inside, counts as outputs, all of it in one note.

The note's first line is the whole, and each medicine has a line of its own below it: EHRs drop what is contained, and
many clinicians read only this. Shape: https://hl7.org/fhir/R4/task.html
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fhir_profiles import canonical
from fhir_profiles.terminology import coding, concept, display
from mappings.authorship import Authorship, annotation, instant, patient_reference, user_reference
from mappings.done_task import done_now, signed
from mappings.identity import stamp
from mappings.medication_reconciliation_form import Answered, ReconciliationEntry
from mappings.narrative import fixed_line, narrative

LINE, MEDICINE = "Medication reconciliation", "Medicine"
KIND = "medication-reconciliation"
CONTAINED = "answers"
QUESTIONNAIRE = f"{canonical.BASE}/Questionnaire/{KIND}|0.1.0"
NO_DOCUMENT = "no document"
_NOTHING = "not listed"
LINKS = {
    "Name": "name",
    "How": "how",
    "EHR": "ehr",
    "Document": "document",
    "Known by": "known-by",
    "Discrepancy": "discrepancy",
}
"""The labels of a medicine's line, and the linkIds of the same answers."""


def reconciliation_task(
    entry: ReconciliationEntry, author: Authorship, form_id: UUID, *, plan: dict[str, Any] | None
) -> dict[str, Any]:
    """The completed Task of one reconciliation; `plan` is a Reference."""
    said = _facts(entry)
    lines = [fixed_line(MEDICINE, facts) for facts in _medicines(entry)]
    told = [(facts[0][1], "; ".join(_told(facts[1:]))) for facts in _medicines(entry)]
    notes = ["\n".join([fixed_line(LINE, said), *lines]), *([entry.note] if entry.note else [])]
    task = {
        **done_now(author, plan=plan),
        "text": narrative(LINE, [*signed(author), *said, *told], note=entry.note),
        "contained": [_response(entry, author)],
        "code": concept("task-code", KIND),
        "businessStatus": {"text": in_short(entry)},
        "description": f"{LINE}: {in_short(entry)}",
        "note": [annotation(text, author) for text in notes],
        "input": [
            {
                "type": concept("assessment-part", "questionnaire"),
                "valueCanonical": QUESTIONNAIRE,
            }
        ],
        "output": _outputs(entry),
    }
    return stamp(
        task, profile="task-medication-reconciliation", form_id=form_id, slot="medication-reconciliation"
    )


def _facts(entry: ReconciliationEntry) -> list[tuple[str, str]]:
    return [
        ("Medicines", str(_number(entry))),
        ("Ingredients", str(entry.ingredients)),
        ("Eight or more", "yes" if entry.many else ""),
        ("Asked", str(entry.asked + len(entry.added))),
        ("Discrepancies", str(len(entry.discrepancies))),
        ("Compared with", entry.document or NO_DOCUMENT),
    ]


def _number(entry: ReconciliationEntry) -> int:
    return len(entry.rows) + len(entry.added)


def in_short(entry: ReconciliationEntry) -> str:
    """As "11 medicines, 2 discrepancies"."""
    found = len(entry.discrepancies)
    words = "no discrepancy" if not found else "1 discrepancy" if found == 1 else f"{found} discrepancies"
    number = _number(entry)
    return f"{number} medicine{'' if number == 1 else 's'}, {words}"


def _medicines(entry: ReconciliationEntry) -> list[list[tuple[str, str]]]:
    """The facts of each medicine, its name first."""
    listed = [
        [
            ("Name", row.line.name),
            ("Patient", display("medication-answer", row.answer).lower()),
            ("How", row.how),
            ("EHR", _side(row, "ehr")),
            ("Document", _side(row, "document")),
            ("Known by", _known_by(row)),
            ("Discrepancy", ", ".join(row.discrepancies)),
        ]
        for row in entry.rows
    ]
    added = [
        [
            ("Name", each.name),
            ("Patient", display("medication-answer", "added").lower()),
            ("How", each.how),
            ("EHR", _NOTHING if entry.ehr_known else "unknown"),
            ("Document", _NOTHING if entry.document else ""),
            ("Known by", f"perhaps {each.perhaps}, a guess" if each.perhaps else ""),
            ("Discrepancy", "Taken, on no list" if entry.ehr_known else "Told by the patient"),
        ]
        for each in entry.added
    ]
    return [*listed, *added]


def _side(row: Answered, name: str) -> str:
    side = row.line.ehr if name == "ehr" else row.line.document
    if side is None:
        return _NOTHING
    said = side.name if side.name != row.line.name else "listed" if side.active else "stopped"
    return f"{said}, {side.more}" if side.more else said


def _known_by(row: Answered) -> str:
    how = row.line.match
    if how is None:
        return ""
    if not row.line.guessed:
        return how.why
    return f"{how.why}, confirmed by a person" if row.confirmed else f"a guess: {how.why}"


def _told(facts: list[tuple[str, str]]) -> list[str]:
    return [f"{label}: {words}" for label, words in facts if words]


def _outputs(entry: ReconciliationEntry) -> list[dict[str, Any]]:
    counts = {
        "med-count": _number(entry),
        "med-asked": entry.asked + len(entry.added),
        "med-discrepancy": len(entry.discrepancies),
    }
    answers = {
        "type": concept("assessment-part", "answers"),
        "valueReference": {"reference": f"#{CONTAINED}"},
    }
    return [answers, *({"type": concept("task-output", k), "valueInteger": v} for k, v in counts.items())]


def _response(entry: ReconciliationEntry, author: Authorship) -> dict[str, Any]:
    """The answers as a QuestionnaireResponse: one group for each medicine."""
    writer = user_reference(author)
    answers = [*(row.answer for row in entry.rows), *("added" for _ in entry.added)]
    items = [_item(facts, answer) for facts, answer in zip(_medicines(entry), answers, strict=True)]
    return {
        "resourceType": "QuestionnaireResponse",
        "id": CONTAINED,
        "questionnaire": QUESTIONNAIRE,
        "status": "completed",
        "subject": patient_reference(author),
        "authored": instant(author.now),
        **({"author": writer} if "reference" in writer else {}),
        **({"item": items} if items else {}),
    }


_TEXTS = {
    "name": "Name",
    "answer": "What the patient says",
    "how": "How, or why not",
    "ehr": "On the EHR's list",
    "document": "In the document",
    "known-by": "How it is known that both are one medicine",
    "discrepancy": "Discrepancy",
}
"""The words of Questionnaire-medication-reconciliation, by linkId."""


def _item(facts: list[tuple[str, str]], answer: str) -> dict[str, Any]:
    said = dict(facts)
    given = [("answer", {"valueCoding": coding("medication-answer", answer)})]
    texts = [(link, {"valueString": said[label]}) for label, link in LINKS.items() if said.get(label)]
    ordered = [*texts[:1], *given, *texts[1:]]
    return {
        "linkId": "medicine",
        "text": MEDICINE,
        "item": [{"linkId": link, "text": _TEXTS[link], "answer": [value]} for link, value in ordered],
    }
