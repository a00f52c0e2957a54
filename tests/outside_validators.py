"""Two validators that nobody here wrote, to check what we write: pyrofile with US Core, and fhirkit.

Our own validator and our own profiles could share one misreading of FHIR; these cannot. Both are young and raise some
false alarms. Those are named below, each with its rule, its place, why it is false, and a proof that is tried on the
resource at hand: an alarm is passed over only where the proof holds, so a true one of the same name still shows.
"""

from __future__ import annotations

import atexit
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import fhirkit
import orjson
import pytest
from pyrofile_validator import ValidationIssue, Validator
from pyrofile_validator.config import ValidatorConfig

from fhir_profiles import canonical, definitions
from fhir_profiles.terminology import members
from tests.conftest import R4_DEFINITIONS, ROOT, SHARED_IGS

Resource = dict[str, Any]
US_CORE_VERSIONS = {
    "6.1.0": "us_core_610.tgz",
    "3.1.1": "us_core_311.tgz",
    "7.0.0": "us_core_700.tgz",
    "8.0.0": "us_core_800.tgz",
}
"""The packages by version. The first is the one our profiles build on; the others are those an EHR may go by."""
OUR_US_CORE = "6.1.0"
_OUR_DEFINITIONS = ROOT / "fhir_profiles" / "definitions"
_BASE_FILES = ("profiles-types.json", "profiles-resources.json", "valuesets.json")
_BASE_RESOURCES = frozenset(
    {
        *(
            "Resource",
            "DomainResource",
            "Bundle",
            "CarePlan",
            "Consent",
            "DocumentReference",
            "Goal",
            "Patient",
        ),
        *("ActivityDefinition", "PlanDefinition", "QuestionnaireResponse", "ServiceRequest", "Task"),
    }
)
"""The resource types that the app writes; loading all 148 takes ten times as long."""


@dataclass(frozen=True)
class FalseAlarm:
    """One alarm of an outside validator that is known to be false."""

    rule: str
    path: str
    why: str
    holds: Callable[[Resource, ValidationIssue, Sequence[ValidationIssue]], bool]
    """The proof: True where this resource is right at this place after all."""

    def covers(self, issue: ValidationIssue, resource: Resource, others: Sequence[ValidationIssue]) -> bool:
        named = re.fullmatch(self.rule, issue.code) and re.fullmatch(self.path, issue.path or "")
        return bool(named) and self.holds(resource, issue, others)


def _no_verdict(_: Resource, issue: ValidationIssue, __: Sequence[ValidationIssue]) -> bool:
    return issue.message.startswith("FHIRPath invariant could not be evaluated: htmlChecks()")


def _value_is_there(resource: Resource, issue: ValidationIssue, _: Sequence[ValidationIssue]) -> bool:
    part, number = re.fullmatch(r"Task\.(input|output)\[(\d+)\]\.value\[x\]", issue.path or "").groups()
    return any(name.startswith("value") for name in resource[part][int(number)])


def _right_check_passed(_: Resource, issue: ValidationIssue, others: Sequence[ValidationIssue]) -> bool:
    return not any(
        each.code == "profile.element.pattern" and (each.path, each.profile) == (issue.path, issue.profile)
        for each in others
    )


def _each_extension_once(resource: Resource, _: ValidationIssue, __: Sequence[ValidationIssue]) -> bool:
    urls = [each["url"] for each in resource["extension"]]
    return len(urls) == len(set(urls))


def _each_answer_has_one_value(resource: Resource, _: ValidationIssue, __: Sequence[ValidationIssue]) -> bool:
    return all(
        sum(name.startswith("value") for name in answer) == 1
        for response in resource["contained"]
        for answer in _answers(response)
    )


def _answers(holder: Resource) -> Iterator[Resource]:
    for item in holder.get("item", ()):
        yield from item.get("answer", ())
        yield from _answers(item)
        for answer in item.get("answer", ()):
            yield from _answers(answer)


def _each_actor_has_one_of_each(
    resource: Resource, _: ValidationIssue, __: Sequence[ValidationIssue]
) -> bool:
    actors = resource["provision"]["actor"]
    return all(isinstance(each.get(name), dict) for each in actors for name in ("role", "reference"))


FALSE_ALARMS = (
    FalseAlarm(
        r"profile\.element\.cardinality\.max",
        r"Consent\.provision\.actor\.(role|reference)",
        "of a permission to several agencies pyrofile counts the references of all together",
        _each_actor_has_one_of_each,
    ),
    FalseAlarm(
        r"profile\.element\.cardinality\.max",
        r"QuestionnaireResponse(\.item)+\.answer\.value\[x\]",
        "of a question with several answers pyrofile counts the values of all together",
        _each_answer_has_one_value,
    ),
    FalseAlarm(
        r"profile\.element\.invariant\.unsupported\.txt-[12]",
        r"\w+\.text\.div",
        "pyrofile has no htmlChecks(), so this is no verdict; its own narrative.xhtml rules are not passed over",
        _no_verdict,
    ),
    FalseAlarm(
        r"cardinality\.min",
        r"Task\.(input|output)\[\d+\]\.value\[x\]",
        "pyrofile looks for an element spelled value[x] in a backbone element, where JSON has valueInteger",
        _value_is_there,
    ),
    FalseAlarm(
        r"profile\.pattern",
        r"(Consent\.scope|Task\.code)",
        "an old check compares a pattern's list by equality; its newer one, profile.element.pattern, is right",
        _right_check_passed,
    ),
    FalseAlarm(
        r"profile\.slice\.cardinality\.max",
        r"(Goal|Consent)\.extension:\w+",
        "the url that tells an extension's slice stands in the extension's definition, where pyrofile does not look",
        _each_extension_once,
    ),
)


def _is_a_loinc_document(resource: Resource, _: ValidationIssue, __: Sequence[ValidationIssue]) -> bool:
    coding = resource["type"]["coding"][0]
    return (coding["system"], coding["code"]) in members(canonical.value_set("document-type"))


def _stands_elsewhere(resource: Resource, _: ValidationIssue, __: Sequence[ValidationIssue]) -> bool:
    """Somebody else's, or one of ours that is there in that version: `answer_problems` looks at those answers."""
    asked = [
        *(each["valueCanonical"] for each in resource.get("input", ()) if "valueCanonical" in each),
        *(each["questionnaire"] for each in resource.get("contained", ()) if "questionnaire" in each),
    ]
    return bool(asked) and all(map(_is_foreign_or_there, asked))


def _is_foreign_or_there(asked: str) -> bool:
    url, _, version = asked.partition("|")
    found = definitions.definition(url)
    return not url.startswith(canonical.BASE) or (found is not None and found["version"] == version)


ALARMS_OF_FORMS = (
    FalseAlarm(
        r"profile\.(element\.)?binding\.required",
        r"DocumentReference\.type",
        "US Core takes every LOINC code of scale DOC; pyrofile has no LOINC and knows none of them",
        _is_a_loinc_document,
    ),
    FalseAlarm(
        r"questionnaire\.unresolved",
        r"QuestionnaireResponse\.questionnaire",
        "pyrofile looks for a questionnaire in the same Bundle alone, and in no package",
        _stands_elsewhere,
    ),
)
"""Those of notes and of filled-in questionnaires, which the records themselves do not raise."""


def pyrofile_problems(resource: Resource, us_core: str = OUR_US_CORE) -> list[str]:
    """What pyrofile calls an error against R4, US Core (a version) and our profiles, less the named false alarms."""
    errors = _pyrofile_errors(resource, us_core)
    return [
        f"{each.path}: [{each.code}] {each.message} ({(each.profile or 'R4').split('/')[-1]})"
        for each in errors
        if not any(known.covers(each, resource, errors) for known in (*FALSE_ALARMS, *ALARMS_OF_FORMS))
    ]


def answer_problems(questionnaire: Resource, response: Resource) -> list[str]:
    """What pyrofile finds wrong in the answers, with the questionnaire at hand as it wants it: in the same Bundle.

    It needs no definitions for that, and is at hand at once without them.
    """
    asked = {**response, "questionnaire": questionnaire["url"]}
    entries = [
        {"fullUrl": questionnaire["url"], "resource": questionnaire},
        {"fullUrl": "urn:uuid:5d0f4c3e-0000-4000-8000-00000000000a", "resource": asked},
    ]
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": entries}
    issues = Validator(ValidatorConfig.load_dict({})).validate_resource(bundle).issues
    return [f"{each.path}: [{each.code}] {each.message}" for each in issues if each.source == "questionnaire"]


def false_alarms(resource: Resource, among: Sequence[FalseAlarm] = FALSE_ALARMS) -> list[FalseAlarm]:
    """The named false alarms that pyrofile raises for this resource."""
    errors = _pyrofile_errors(resource, OUR_US_CORE)
    return [known for known in among for each in errors if known.covers(each, resource, errors)]


def _pyrofile_errors(resource: Resource, us_core: str) -> tuple[ValidationIssue, ...]:
    return _errors_of(orjson.dumps(resource), us_core)


@cache
def _errors_of(text: bytes, us_core: str) -> tuple[ValidationIssue, ...]:
    """Kept by content: a resource is asked about more than once, and each time costs a twentieth of a second."""
    issues = _pyrofile(us_core).validate_resource(orjson.loads(text)).issues
    return tuple(each for each in issues if each.severity == "error")


def fhirkit_problems(resource: Resource) -> list[str]:
    """What fhirkit calls an error against R4's structure; it raises no false alarm that we know of."""
    return [str(each) for each in fhirkit.validate(resource) if each.severity == "error"]


@cache
def _pyrofile(us_core: str) -> Validator:
    package = SHARED_IGS / US_CORE_VERSIONS[us_core]
    if not package.is_file():
        pytest.skip("the US Core packages (../shared/igs) are not on this machine")
    if not R4_DEFINITIONS.is_dir():
        pytest.skip("the R4 base definitions are not installed: run `make test`")
    paths = [str(_base_definitions()), str(package), str(_OUR_DEFINITIONS)]
    return Validator(ValidatorConfig.load_dict({"localPackagePaths": paths}))


@cache
def _base_definitions() -> Path:
    """R4's definitions come as Bundles, of which pyrofile reads nothing: a folder with one file for each it is.

    It is the same for every version of US Core, so it stays until the tests end.
    """
    folder = Path(tempfile.mkdtemp(prefix="r4-definitions-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    for number, resource in enumerate(_definitions()):
        (folder / f"{number}.json").write_bytes(orjson.dumps(resource))
    return folder


def _definitions() -> Iterator[Resource]:
    for name in _BASE_FILES:
        for entry in orjson.loads((R4_DEFINITIONS / name).read_bytes())["entry"]:
            resource = entry["resource"]
            kind = resource.get("kind")
            wanted = resource["resourceType"] in {"StructureDefinition", "ValueSet", "CodeSystem"}
            if wanted and (kind != "resource" or resource["name"] in _BASE_RESOURCES):
                yield resource
