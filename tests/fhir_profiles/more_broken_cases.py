"""Broken referrals, assessments, permissions to share, and documents; as in `broken_cases`."""

from __future__ import annotations

from fhir_profiles.terminology import concept
from tests.fhir_profiles.examples import (
    ASSESSMENT,
    DOCUMENT,
    ELIGIBILITY,
    NEEDS_CARD,
    PLAN_REVIEW,
    PLAN_SHARED,
    RECONCILIATION,
    REFERRAL,
    SHARING,
    TRANSITION,
    Change,
    Resource,
    add,
    both,
    drop,
    put,
)


def dropped_outputs(*codes: str) -> Change:
    """Leave out the outputs of these codes."""

    def change(resource: Resource) -> None:
        resource["output"] = [
            each for each in resource["output"] if each["type"]["coding"][0]["code"] not in codes
        ]

    return change


MORE = {
    TRANSITION: [
        (
            "a checklist without time",
            both(drop("executionPeriod"), drop("lastModified")),
            "Task",
            "chartside-transition-when",
        ),
        ("a checklist without its line", drop("note"), "Task.note", "cardinality"),
    ],
    NEEDS_CARD: [
        (
            "a card without time",
            both(drop("executionPeriod"), drop("lastModified")),
            "Task",
            "chartside-card-when",
        ),
        ("a card without its line", drop("note"), "Task.note", "cardinality"),
    ],
    PLAN_REVIEW: [
        (
            "a review without time",
            both(drop("executionPeriod"), drop("lastModified")),
            "Task",
            "chartside-review-when",
        ),
        ("a review without its line", drop("note"), "Task.note", "cardinality"),
    ],
    RECONCILIATION: [
        ("a reconciliation without its lines", drop("note"), "Task.note", "cardinality"),
        (
            "a reconciliation that counts no discrepancies",
            dropped_outputs("med-discrepancy"),
            "Task.output",
            "slice",
        ),
        (
            "a reconciliation of another patient's answers",
            put("contained.0.subject.reference", "Patient/somebody-else"),
            "Task",
            "chartside-answers-patient",
        ),
    ],
    PLAN_SHARED: [
        (
            "a copy given on no day",
            both(drop("executionPeriod"), drop("lastModified")),
            "Task",
            "chartside-shared-when",
        ),
        ("a copy without its line", drop("note"), "Task.note", "cardinality"),
    ],
    ELIGIBILITY: [
        (
            "an eligible patient whom nobody attested",
            dropped_outputs("attested-by", "attested-on"),
            "Task",
            "chartside-eligible-attested",
        ),
        ("a decision without a risk level", dropped_outputs("risk-tier"), "Task.output", "slice"),
        ("a decision that is none", drop("businessStatus"), "Task.businessStatus", "cardinality"),
        ("a decision without a day", drop("executionPeriod"), "Task.executionPeriod", "cardinality"),
    ],
    REFERRAL: [
        ("a referral to nobody", drop("owner"), "Task.owner", "cardinality"),
        (
            "a referral to the patient",
            put("owner.reference", "Patient/gloria-reyes"),
            "Task.owner.reference",
            "reference",
        ),
        ("a referral without beginning", drop("authoredOn"), "Task.authoredOn", "cardinality"),
        ("a referral without need", drop("description"), "Task.description", "cardinality"),
        (
            "a referral nobody knows the state of",
            drop("businessStatus"),
            "Task.businessStatus",
            "cardinality",
        ),
        (
            "a referral in other words",
            put("businessStatus", {"text": "in the post"}),
            "Task.businessStatus",
            "binding",
        ),
        (
            "a need that is met while the service goes on",
            put("businessStatus", concept("referral-state", "need-met")),
            "Task",
            "chartside-referral-state",
        ),
        (
            "a referral that an agency declined without reason",
            both(put("status", "rejected"), put("businessStatus", concept("referral-state", "declined"))),
            "Task",
            "chartside-status-reason",
        ),
        (
            "a referral for a goal",
            put("focus", {"reference": "Goal/1"}),
            "Task.focus.reference",
            "reference",
        ),
    ],
    ASSESSMENT: [
        (
            "answers of another patient",
            put("contained.0.subject.reference", "Patient/somebody-else"),
            "Task",
            "chartside-answers-patient",
        ),
        (
            "answers to another questionnaire",
            put("contained.0.questionnaire", "http://loinc.org/q/44249-1"),
            "Task",
            "chartside-answers-questionnaire",
        ),
        ("an assessment of nothing", drop("input"), "Task.input", "cardinality"),
        (
            "a questionnaire in words",
            both(drop("input.0.valueCanonical"), put("input.0.valueString", "PHQ-2")),
            "Task.input[0].value[x]",
            "choice",
        ),
        (
            "answers that are a goal",
            put("output.0.valueReference.reference", "Goal/1"),
            "Task.output[0].valueReference.reference",
            "reference",
        ),
        (
            "a score below nothing",
            put("output.1.valueInteger", -1),
            "Task.output[1].valueInteger",
            "range",
        ),
        ("an assessment that failed", put("status", "failed"), "Task.status", "binding"),
        ("an answer without its question", drop("output.2.type"), "Task.output[2].type", "cardinality"),
        (
            "an unfinished answer inside",
            put("contained.0.status", 5),
            "Task.contained[0].status",
            "type",
        ),
    ],
    SHARING: [
        (
            "a permission that is neither yes nor no",
            put("provision.type", "perhaps"),
            "Consent.provision.type",
            "binding",
        ),
        (
            "a permission to nobody",
            drop("provision.actor"),
            "Consent",
            "chartside-sharing-permit",
        ),
        (
            "a permission from no day on",
            drop("provision.period"),
            "Consent",
            "chartside-sharing-permit",
        ),
        (
            "a permission to treat",
            put("scope.coding.0.code", "treatment"),
            "Consent.scope",
            "pattern",
        ),
        ("a permission to anything", drop("category.1"), "Consent.category", "slice"),
        (
            "a permission taken by the patient",
            put("extension.0.extension.1.valueReference.reference", "Patient/gloria-reyes"),
            "Consent.extension[0].extension[1].valueReference.reference",
            "reference",
        ),
    ],
    DOCUMENT: [
        ("a document half done", put("docStatus", "half"), "DocumentReference.docStatus", "binding"),
        (
            "a document that relates in no known way",
            put("relatesTo", [{"code": "follows", "target": {"reference": "DocumentReference/1"}}]),
            "DocumentReference.relatesTo[0].code",
            "binding",
        ),
        ("a document of no kind", drop("type"), "DocumentReference.type", "cardinality"),
        (
            "a document of another kind",
            put("type.coding.0.code", "18842-5"),
            "DocumentReference.type",
            "binding",
        ),
        (
            "a document that is no clinical note",
            put("category", [{"text": "letter"}]),
            "DocumentReference.category",
            "slice",
        ),
        ("a document by nobody", drop("author"), "DocumentReference.author", "cardinality"),
        (
            "a document of no format",
            drop("content.0.attachment.contentType"),
            "DocumentReference.content[0].attachment.contentType",
            "cardinality",
        ),
        (
            "a document of two notes",
            add("content", {"attachment": {"contentType": "text/plain"}}),
            "DocumentReference.content",
            "cardinality",
        ),
        (
            "a document about a group",
            put("subject.reference", "Group/1"),
            "DocumentReference.subject.reference",
            "reference",
        ),
    ],
}
