"""One app state as an app sends it: a Basic resource with one code, at most one subject and texts, and nothing else.

What the server could not keep is refused, not dropped.
https://hl7.org/fhir/smart-app-launch/STU2.2/StructureDefinition-smart-app-state-basic.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

import orjson

from samples.fhir.errors import BadRequest, FhirProblem

LONGEST_BODY: Final = 256 * 1024
SUBJECTS: Final = ("Patient", "Practitioner", "PractitionerRole", "RelatedPerson", "Person")
_ELEMENTS: Final = frozenset({"resourceType", "id", "meta", "code", "subject", "extension"})
_ID: Final = re.compile(r"[A-Za-z0-9.-]{1,64}")


class TooLarge(FhirProblem):
    """413: more than 256 KB."""

    status = 413
    code = "too-long"

    def __init__(self) -> None:
        super().__init__("an app state is at most 256 KB")


class NotAppState(FhirProblem):
    """422: a Basic resource that is not in the profile."""

    status = 422
    code = "invalid"


@dataclass(frozen=True)
class AppState:
    """`code` is `system|code`; `subject` the absolute reference, "" for none."""

    resource: dict[str, Any]
    code: str
    subject: str


def read_state(body: bytes, fhir_base: str) -> AppState:
    """The app state in a request's body. Raises BadRequest and NotAppState."""
    try:
        resource = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise BadRequest("the body is not JSON", code="structure") from error
    if not isinstance(resource, dict) or resource.get("resourceType") != "Basic":
        raise BadRequest("the body is not a Basic")
    if not set(resource) <= _ELEMENTS or not isinstance(resource.get("meta", {}), dict):
        raise NotAppState("an app state has code, subject and extensions, and nothing else")
    _require_texts(resource.get("extension", []))
    return AppState(resource, _code(resource.get("code")), _subject(resource.get("subject"), fhir_base))


def _code(concept: Any) -> str:
    codings = concept.get("coding") if isinstance(concept, dict) else None
    coding = codings[0] if isinstance(codings, list) and len(codings) == 1 else None
    named = [coding.get(part) for part in ("system", "code")] if isinstance(coding, dict) else []
    if not named or not all(isinstance(part, str) and part and "|" not in part for part in named):
        raise NotAppState(
            "an app state has exactly one coding, with system and code", expression="Basic.code"
        )
    return "|".join(map(str, named))


def _subject(subject: Any, fhir_base: str) -> str:
    if subject is None:
        return ""
    reference = subject.get("reference") if isinstance(subject, dict) else None
    below = reference.removeprefix(f"{fhir_base}/") if isinstance(reference, str) else ""
    resource_type, _, resource_id = below.partition("/")
    if below == reference or resource_type not in SUBJECTS or not _ID.fullmatch(resource_id):
        raise NotAppState(
            f"the subject must be an absolute reference to this server: {', '.join(SUBJECTS)}",
            expression="Basic.subject",
        )
    return str(reference)


def _require_texts(extensions: Any) -> None:
    good = isinstance(extensions, list) and all(
        isinstance(each, dict)
        and set(each) == {"url", "valueString"}
        and all(isinstance(value, str) and value for value in each.values())
        for each in extensions
    )
    if not good:
        raise NotAppState(
            "each extension has url and valueString, and nothing else", expression="Basic.extension"
        )
