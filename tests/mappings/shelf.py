"""A shelf that stands for an EHR in the mapping tests: it files what was built and gives back a chart of it.

It serialises to JSON and back, gives ids and versions, turns `urn:uuid` references into relative ones, and can lose
what real servers lose (extensions, task outputs, tags, profiles), so a round trip is seen through the worst of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import count
from typing import Any
from uuid import UUID, uuid5

import orjson
from fhir.resources.R4B import get_fhir_model_class

from fhir_profiles.validator import validate
from mappings.authorship import Authorship
from mappings.care_plan import care_plan_resources, parse_care_plan
from mappings.chart import Chart
from mappings.closing import close_resources, parse_close
from mappings.consent import consent_resources, parse_consent
from mappings.contact_save import contact_resources, parse_contact
from mappings.form import Submitted
from mappings.identity import full_url
from mappings.reading import Reading, ReadStatus
from tests.mappings.charts import NOW

Resource = dict[str, Any]
FORM = UUID("00000000-0000-4000-8000-000000000001")
TYPES = (
    *("CarePlan", "Goal", "Task", "Consent", "ServiceRequest"),
    *("Condition", "Encounter", "Observation", "RelatedPerson"),
)
MARGERY: Resource = {
    "resourceType": "Patient",
    "id": "p1",
    "name": [{"family": "Gibson", "given": ["Margery"]}],
    "birthDate": "1959-03-12",
    "generalPractitioner": [{"reference": "Practitioner/physician", "display": "Dr Luis Alvarez"}],
}
DIABETES: Resource = {
    "resourceType": "Condition",
    "id": "c1",
    "clinicalStatus": {"coding": [{"code": "active"}]},
    "code": {
        "coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "E11.9"}],
        "text": "Type 2 diabetes",
    },
    "subject": {"reference": "Patient/p1"},
}
ACCEPT: Mapping[str, Sequence[str]] = {
    "decision": ["accept"],
    "mode": ["verbal"],
    "agreed_by": ["patient"],
    "discussed_by": ["Dr Luis Alvarez"],
    "disclosure": ["services-available", "cost-sharing", "one-practitioner", "right-to-stop"],
    "date": ["2026-11-21"],
    "time": ["09:00"],
}
DECLINE: Mapping[str, Sequence[str]] = {
    "decision": ["decline"],
    "agreed_by": ["patient"],
    "discussed_by": ["Dr Luis Alvarez"],
    "date": ["2026-11-21"],
    "decline_reason": ["cost"],
    "decline_words": ["A letter about what it costs would help"],
}
PLAN: Mapping[str, Sequence[str]] = {
    "what_matters": ["Walking to church again"],
    "addresses": ["Condition/c1"],
    "goal_text": ["Walk to church and back"],
    "goal_words": ["I want to get there on my own feet"],
    "goal_by": ["patient"],
    "measure": ["own"],
    "own_measure": ["Minutes walked without a stop"],
    "own_target": ["20 minutes"],
    "target_due": ["2027-01-31"],
    "goal_how": ["Five minutes more each week"],
    "importance": ["9"],
    "confidence": ["6"],
    "to_do_text": ["Call about the glucose log"],
    "to_do_due": ["2026-12-08"],
    "to_do_owner": ["care-manager"],
    "to_do_priority": ["routine"],
    "to_do_kind": ["next-contact"],
    "agreed": ["on"],
}
CONTACT: Mapping[str, Sequence[str]] = {
    "mode": ["phone"],
    "with": ["patient"],
    "result": ["talked"],
    "service_type": ["education-follow-up"],
    "date": ["2026-11-21"],
    "start": ["09:02"],
    "end": ["09:14"],
    "minutes": ["12"],
    "next_date": ["2026-12-08"],
    "late_reason": ["The line was down"],
    "note": ["She checks her fasting glucose daily."],
}
CLOSE: Mapping[str, Sequence[str]] = {
    "outcome": ["graduated"],
    "reason": ["goals-met"],
    "hand_back_to": ["Dr Luis Alvarez"],
}


def author(now: datetime = NOW, **changes: Any) -> Authorship:
    """The nurse of the samples, writing at `now`."""
    facts: dict[str, Any] = {
        "patient": "p1",
        "patient_name": "Margery Gibson",
        "user": "Practitioner/nurse",
        "user_name": "Dana Whitfield RN",
        "encounter": None,
        "organization": "Organization/riverbend",
        "now": now,
    }
    return Authorship(**{**facts, **changes})


def problems_of(resource: Resource) -> list[str]:
    """What the outside model and our own validator say against a resource."""
    get_fhir_model_class(resource["resourceType"]).model_validate(orjson.loads(orjson.dumps(resource)))
    return [f"{problem.path} {problem.rule} {problem.message}" for problem in validate(resource)]


class Shelf:
    """What an EHR keeps. `lose` is applied to every resource as it is filed."""

    def __init__(self, *resources: Resource, lose: Callable[[Resource], Resource] | None = None) -> None:
        self.kept: dict[str, Resource] = {}
        self.lose = lose or (lambda resource: resource)
        self.forms = 0
        self.ids = count(1)
        for resource in resources:
            self.kept[f"{resource['resourceType']}/{resource['id']}"] = resource

    def file(self, resources: Iterable[Resource]) -> tuple[Resource, ...]:
        """Files one save and gives back what was kept of it."""
        listed = [orjson.loads(orjson.dumps(resource)) for resource in resources]
        ids = {full_url(each): each.get("id") or str(next(self.ids)) for each in listed}
        urns = {urn: f"{each['resourceType']}/{ids[urn]}" for each in listed if (urn := full_url(each))}
        filed = []
        for each in listed:
            identity = each.get("id") or ids[full_url(each)]
            reference = f"{each['resourceType']}/{identity}"
            before = self.kept.get(reference, {}).get("meta", {}).get("versionId", "0")
            text = orjson.dumps({**each, "id": identity}).decode()
            for urn, target in urns.items():
                text = text.replace(f'"{urn}"', f'"{target}"')
            kept = self.lose(orjson.loads(text))
            kept["meta"] = {**kept.get("meta", {}), "versionId": str(int(before) + 1)}
            self.kept[reference] = kept
            filed.append(kept)
        return tuple(filed)

    def chart(self, patient: Resource | None = None, **statuses: ReadStatus) -> Chart:
        """The chart as read now: every type was read, except those that `statuses` says otherwise of."""
        readings = {
            kind: Reading(
                kind,
                ReadStatus.READ,
                tuple(each for each in self.kept.values() if each["resourceType"] == kind),
            )
            for kind in TYPES
        }
        readings |= {kind: Reading(kind, status) for kind, status in statuses.items()}
        return Chart(patient or MARGERY, readings)

    def form_id(self) -> UUID:
        """The id of the next form."""
        self.forms += 1
        return uuid5(FORM, str(self.forms))

    def only(self, resource_type: str) -> Resource:
        """The one resource of a type; fails the test when there are more or none."""
        found = [each for each in self.kept.values() if each["resourceType"] == resource_type]
        assert len(found) == 1, [each["resourceType"] for each in found]
        return found[0]

    def consent(self, now: datetime = NOW, **changes: Sequence[str]) -> tuple[Resource, ...]:
        """Records an answer to the service through its form."""
        given = DECLINE if changes.get("decision") == ["decline"] else ACCEPT
        chart = self.chart()
        entry = entry_of(parse_consent({**given, **changes}, chart=chart, now=now))
        return self.file(consent_resources(entry, chart, author(now), self.form_id()))

    def plan(self, now: datetime = NOW, **changes: Sequence[str]) -> tuple[Resource, ...]:
        """Opens the care plan through its form."""
        chart = self.chart()
        entry = entry_of(parse_care_plan({**PLAN, **changes}, chart=chart, now=now))
        return self.file(care_plan_resources(entry, chart, author(now), self.form_id()))

    def contact(self, now: datetime = NOW, **changes: Sequence[str]) -> tuple[Resource, ...]:
        """Documents a contact through its form."""
        chart = self.chart()
        entry = entry_of(parse_contact({**CONTACT, **changes}, chart=chart, now=now))
        return self.file(contact_resources(entry, chart, author(now), self.form_id()))

    def close(self, now: datetime = NOW, **changes: Sequence[str]) -> tuple[Resource, ...]:
        """Closes the episode through its form; every open goal counts as met unless `changes` says otherwise."""
        chart = self.chart()
        finals = {f"final.{each['id']}": ["met"] for each in chart.resources("Goal")}
        entry = entry_of(parse_close({**CLOSE, **finals, **changes}, chart=chart, now=now))
        return self.file(close_resources(entry, chart, author(now), self.form_id()))


def entry_of(submitted: Submitted[Any]) -> Any:
    """The entry of a form that must be without fault."""
    assert not submitted.errors, dict(submitted.errors)
    assert submitted.entry is not None
    return submitted.entry


def without_extensions(resource: Resource) -> Resource:
    """As a server gives it back that keeps no extensions."""
    return {key: value for key, value in resource.items() if key != "extension"}


def without_outputs(resource: Resource) -> Resource:
    """As a server gives it back that keeps neither extensions nor a Task's outputs and business status."""
    lost = {"extension", "output", "businessStatus", "reasonCode"}
    return {key: value for key, value in resource.items() if key not in lost}


def without_meta(resource: Resource) -> Resource:
    """As a server gives it back that keeps neither tags nor profiles."""
    return {key: value for key, value in resource.items() if key != "meta"}


def without_identifiers(resource: Resource) -> Resource:
    """As a server gives it back that keeps its own identifiers only."""
    return {key: value for key, value in resource.items() if key != "identifier"}
