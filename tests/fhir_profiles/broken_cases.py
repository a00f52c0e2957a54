"""Resources that break one rule each: an example, the change that breaks it, and where which rule must be named."""

from __future__ import annotations

from fhir_profiles import canonical
from fhir_profiles.terminology import concept
from tests.fhir_profiles.examples import CARE_PLAN, CONSENT, CONTACT, GOAL, STATE, TO_DO, add, both, drop, put
from tests.fhir_profiles.more_broken_cases import MORE

DIV = '<div xmlns="http://www.w3.org/1999/xhtml">{}</div>'
ANSWERS = {"resourceType": "QuestionnaireResponse", "id": "answers", "status": "completed"}
NOT_ANSWERED = concept("contact-result", "no-answer")


def narrative(inner):
    return put("text.div", DIV.format(inner))


def contained(answers):
    return both(put("focus", {"reference": "#answers"}), put("contained", [answers]))


def result(status, code):
    return both(put("status", status), put("businessStatus", concept("contact-result", code)))


BROKEN = {
    GOAL: [
        ("no tag of ours", put("meta.tag", [{"code": "x"}]), "Goal.meta.tag", "slice"),
        ("no meta but the profile", drop("meta.tag"), "Goal.meta.tag", "cardinality"),
        (
            "a profile of ours that does not exist",
            add("meta.profile", canonical.profile("gaol")),
            "Goal.meta.profile[2]",
            "profile",
        ),
        ("a goal without words", drop("description.text"), "Goal.description.text", "cardinality"),
        ("a goal without target", drop("target"), "Goal.target", "cardinality"),
        ("a goal without day", drop("target.0.dueDate"), "Goal.target[0].due[x]", "cardinality"),
        (
            "a goal due in a duration",
            both(drop("target.0.dueDate"), put("target.0.dueDuration", {"value": 3})),
            "Goal.target[0].due[x]",
            "choice",
        ),
        ("a target without measure", drop("target.0.measure"), "Goal.target[0]", "gol-1"),
        (
            "a unit code without system",
            drop("target.0.detailQuantity.system"),
            "Goal.target[0].detailQuantity",
            "qty-3",
        ),
        ("an achievement without day", drop("statusDate"), "Goal", "chartside-goal-status-date"),
        (
            "an achievement in other codes",
            put("achievementStatus", {"text": "fine"}),
            "Goal.achievementStatus",
            "binding",
        ),
        (
            "importance 11 of 10",
            put("extension.0.extension.0.valueInteger", 11),
            "Goal.extension[0].extension[0].valueInteger",
            "range",
        ),
        (
            "confidence 0 of 10",
            put("extension.0.extension.1.valueInteger", 0),
            "Goal.extension[0].extension[1].valueInteger",
            "range",
        ),
        (
            "importance in words",
            put("extension.0.extension.0", {"url": "importance", "valueString": "very"}),
            "Goal.extension[0].extension[0].value[x]",
            "choice",
        ),
        ("a ruler without day", drop("extension.0.extension.2"), "Goal.extension[0].extension", "slice"),
        (
            "a ruler that measures nothing",
            put(
                "extension.0.extension",
                [{"url": "date", "valueDate": "2026"}, {"url": "x", "valueCode": "y"}],
            ),
            "Goal.extension[0]",
            "chartside-ruler",
        ),
        (
            "two rulers",
            lambda goal: goal["extension"].append(goal["extension"][0]),
            "Goal.extension",
            "slice",
        ),
        (
            "a scale of four levels",
            drop("extension.2.extension.5"),
            "Goal.extension[2]",
            "chartside-attainment-levels",
        ),
        (
            "a scale that does not say what it is",
            drop("extension.2.extension.0"),
            "Goal.extension[2].extension",
            "slice",
        ),
        (
            "an extension with value and parts",
            put("extension.1.extension", [{"url": "x", "valueCode": "y"}]),
            "Goal.extension[1]",
            "ext-1",
        ),
        (
            "an extension of ours that does not exist",
            put("extension.1.url", canonical.extension("rulr")),
            "Goal.extension[1].url",
            "profile",
        ),
        ("the thirtieth of February", put("startDate", "2027-02-30"), "Goal.startDate", "type"),
    ],
    TO_DO: [
        ("no identifier", drop("identifier"), "Task.identifier", "cardinality"),
        ("an identifier of another system", put("identifier.0.system", "urn:x"), "Task.identifier", "slice"),
        (
            "an identifier without value",
            drop("identifier.0.value"),
            "Task.identifier[0].value",
            "cardinality",
        ),
        (
            "two identifiers of ours",
            add("identifier", {"system": canonical.IDENTIFIER_SYSTEM, "value": "2"}),
            "Task.identifier",
            "slice",
        ),
        (
            "a profile of another resource type",
            add("meta.profile", canonical.profile("goal")),
            "Task.meta.profile[1]",
            "profile",
        ),
        (
            "a to-do without day",
            put("restriction", {"repetitions": 1}),
            "Task.restriction.period",
            "cardinality",
        ),
        (
            "a to-do without end",
            put("restriction.period", {"start": "2026"}),
            "Task.restriction.period.end",
            "cardinality",
        ),
        ("a to-do without words", drop("description"), "Task.description", "cardinality"),
        ("a to-do of no priority", put("priority", "soon"), "Task.priority", "binding"),
        ("a to-do on hold without reason", put("status", "on-hold"), "Task", "chartside-status-reason"),
        ("an element of another world", put("urgency", "high"), "Task.urgency", "unknown-element"),
        ("no intent", drop("intent"), "Task.intent", "cardinality"),
        ("an empty text", put("description", " "), "Task.description", "ele-1"),
        (
            "a reference that is none",
            put("owner.reference", "the nurse"),
            "Task.owner.reference",
            "reference",
        ),
        (
            "an owner that is a condition",
            put("owner.reference", "Condition/1"),
            "Task.owner.reference",
            "reference",
        ),
        ("a type that disagrees", put("owner.type", "Patient"), "Task.owner.reference", "reference"),
        ("a script", narrative("Call <script>steal()</script>"), "Task.text.div", "narrative"),
        ("a handler", narrative('<p onclick="steal()">Call</p>'), "Task.text.div", "narrative"),
        (
            "a link that runs",
            narrative('<a href=" javascript:steal()">Call</a>'),
            "Task.text.div",
            "narrative",
        ),
        (
            "an image from elsewhere",
            narrative('Call <img src="https://x.example/p.png"/>'),
            "Task.text.div",
            "narrative",
        ),
        ("a narrative without namespace", put("text.div", "<div>Call</div>"), "Task.text.div", "narrative"),
        ("a narrative that says nothing", narrative("<p> </p>"), "Task.text.div", "txt-2"),
    ],
    CONSENT: [
        ("no narrative", drop("text"), "Consent.text", "cardinality"),
        ("an empty narrative status", put("text.status", "empty"), "Consent.text.status", "binding"),
        ("a consent without policy", drop("policyRule"), "Consent", "ppc-1"),
        ("a consent to research", put("scope.coding.0.code", "research"), "Consent.scope", "pattern"),
        ("a consent without LOINC", drop("category.0"), "Consent.category", "slice"),
        ("a consent still proposed", put("status", "proposed"), "Consent.status", "binding"),
        ("a consent without day", drop("dateTime"), "Consent.dateTime", "cardinality"),
        (
            "a consent by a clinician",
            put("performer.0.reference", "Practitioner/nurse"),
            "Consent.performer[0].reference",
            "reference",
        ),
        (
            "a consent that permits nothing",
            put("provision", {"type": "deny"}),
            "Consent",
            "chartside-consent-permit",
        ),
        ("an agreement of unknown kind", drop("extension"), "Consent", "chartside-consent-agreement"),
        (
            "an agreement without mode",
            drop("extension.0.extension.0"),
            "Consent.extension[0].extension",
            "slice",
        ),
        (
            "an agreement by nod",
            put("extension.0.extension.0.valueCode", "nod"),
            "Consent.extension[0].extension[0].valueCode",
            "binding",
        ),
    ],
    CONTACT: [
        ("no patient", drop("for"), "Task.for", "cardinality"),
        ("a contact of no known priority", put("priority", "soon"), "Task.priority", "binding"),
        ("a contact still to come", put("status", "requested"), "Task.status", "binding"),
        ("a contact that is a plan", put("intent", "plan"), "Task.intent", "pattern"),
        ("a contact coded as to-do", put("code", concept("task-code", "to-do")), "Task.code", "pattern"),
        (
            "a contact without start",
            drop("executionPeriod.start"),
            "Task.executionPeriod.start",
            "cardinality",
        ),
        (
            "a contact that ends before it starts, in another offset",
            put("executionPeriod.end", "2026-10-26T14:30:00-03:00"),
            "Task.executionPeriod",
            "per-1",
        ),
        ("a contact without minutes", drop("output.0"), "Task.output", "slice"),
        ("a day and one minute", put("output.0.valueInteger", 1441), "Task.output[0].valueInteger", "range"),
        ("less than no minutes", put("output.0.valueInteger", -1), "Task.output[0].valueInteger", "range"),
        ("minutes as text", put("output.0.valueInteger", "14"), "Task.output[0].valueInteger", "type"),
        (
            "minutes in a quantity",
            both(drop("output.0.valueInteger"), put("output.0.valueQuantity", {"value": 14})),
            "Task.output[0].value[x]",
            "choice",
        ),
        (
            "a mode that is none",
            put("output.1.valueCodeableConcept", {"text": "by pigeon"}),
            "Task.output[1].valueCodeableConcept",
            "binding",
        ),
        (
            "a result without code",
            put("businessStatus", {"text": "talked"}),
            "Task.businessStatus",
            "binding",
        ),
        ("a failed contact without reason", result("failed", "no-answer"), "Task", "chartside-status-reason"),
        (
            "a completed contact without answer",
            put("businessStatus", NOT_ANSWERED),
            "Task",
            "chartside-contact-result",
        ),
        (
            "a contact based on a goal",
            put("basedOn.0.reference", "Goal/1"),
            "Task.basedOn[0].reference",
            "reference",
        ),
        ("changed before it was written", put("lastModified", "2026-10-26T14:16:59-04:00"), "Task", "inv-1"),
        ("two values in one output", put("output.0.valueString", "14"), "Task.output[0]", "choice"),
        ("one note where a list belongs", put("note", {"text": "x"}), "Task.note", "type"),
        ("an empty list", put("note", []), "Task.note", "ele-1"),
        ("an empty object", put("focus", {}), "Task.focus", "ele-1"),
        (
            "answers that are not there",
            put("focus", {"reference": "#answers"}),
            "Task.focus.reference",
            "ref-1",
        ),
        ("answers that nobody refers to", put("contained", [ANSWERS]), "Task", "dom-3"),
        (
            "answers inside answers",
            contained({**ANSWERS, "contained": [{**ANSWERS, "id": "inner"}]}),
            "Task",
            "dom-2",
        ),
        ("answers with a version", contained({**ANSWERS, "meta": {"versionId": "1"}}), "Task", "dom-4"),
        (
            "answers with a security label",
            contained({**ANSWERS, "meta": {"security": [{"code": "R"}]}}),
            "Task",
            "dom-5",
        ),
    ],
    CARE_PLAN: [
        (
            "a patient that is a group",
            put("subject.reference", "Group/1"),
            "CarePlan.subject.reference",
            "reference",
        ),
        ("a plan of unknown status", put("status", "unknown"), "CarePlan.status", "binding"),
        ("a plan that is an order", put("intent", "order"), "CarePlan.intent", "pattern"),
        ("a plan without US Core's category", drop("category.0"), "CarePlan.category", "slice"),
        ("a plan without our category", drop("category.1"), "CarePlan.category", "slice"),
        ("a plan without title", drop("title"), "CarePlan.title", "cardinality"),
        ("a plan without start", put("period", {"end": "2027"}), "CarePlan.period.start", "cardinality"),
        (
            "an action with reference and detail",
            put("activity.0.detail", {"status": "not-started"}),
            "CarePlan.activity[0]",
            "cpl-3",
        ),
        (
            "an action that is only a detail",
            put("activity.0", {"detail": {"status": "not-started"}}),
            "CarePlan.activity[0].detail",
            "cardinality",
        ),
        ("a closed plan without end", put("status", "revoked"), "CarePlan", "chartside-plan-end"),
        ("a plan that ends before it starts", put("period.end", "2026-09"), "CarePlan.period", "per-1"),
    ],
    STATE: [
        ("a state still to come", put("status", "in-progress"), "Task.status", "binding"),
        (
            "the patient's words on a state",
            put("extension", [{"url": canonical.extension("patients-words"), "valueString": "x"}]),
            "Task.extension[0].url",
            "context",
        ),
        ("a state without state", drop("businessStatus"), "Task.businessStatus", "cardinality"),
        (
            "a state without time",
            both(drop("executionPeriod"), drop("lastModified")),
            "Task",
            "chartside-state-when",
        ),
    ],
    **MORE,
}
