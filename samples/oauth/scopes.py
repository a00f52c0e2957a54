"""SMART scopes, version 1 and 2: what was asked, what this person is given, and what a token then allows.

Granted = asked ∩ what the person's role allows ∩ what the launch has. A scope that is well formed but not available
is left out and the app reads that in the token response (RFC 6749 section 3.3); one that has the shape of a SMART
scope and is none is an error, because a typing mistake that silently becomes "no access" costs somebody a day.
A version 2 scope with search parameters (`patient/Observation.rs?category=...`) is granted where the FHIR server keeps
it (samples.fhir.scope_limits), and left out where it would be granted wider than it was asked.
https://hl7.org/fhir/smart-app-launch/STU2.2/scopes-and-launch-context.html
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import parse_qsl

from samples.fhir.access import Limit
from samples.fhir.scope_limits import limits_on, token_values
from samples.oauth.context import OpenChart
from samples.oauth.errors import MalformedScope, NothingGranted

CRUDS: Final = "cruds"
WRITES: Final = frozenset("cud")
V1_LETTERS: Final = {"read": "rs", "write": "cud", "*": CRUDS}

_CLINICAL = re.compile(r"(patient|user|system)/(\*|[A-Z][A-Za-z]+)\.(read|write|\*|c?r?u?d?s?)(\?\S+)?")
_SCOPE_CHARACTERS = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")
_SUPPORTED_PERSON = frozenset({"openid", "fhirUser"})
REFRESH: Final = frozenset({"online_access", "offline_access"})

EVERY_TYPE: Final = "*"
APP_STATE: Final = "Basic"
"""The type that holds an app's own state (smart-app-state); its scopes may be limited by code."""
APP_STATE_LIMITS: Final = frozenset({"code"})
VERSIONS: Final = ("v1", "v2")
UNWRITABLE: Final[dict[str, frozenset[str]]] = {
    # A medical assistant calls and reminds; the plan and the consent are the care manager's and the physician's.
    "assistant": frozenset({"CarePlan", "Goal", "Consent"}),
    "manager": frozenset({EVERY_TYPE}),
}
WRITTEN_BY_ALL: Final = (
    # What `*` stands for once a role may not write every type: the other types that outreach writes.
    "Appointment",
    "Communication",
    "DocumentReference",
    "Observation",
    "QuestionnaireResponse",
    "ServiceRequest",
    "Task",
)
SUPPORTED: Final = (
    "openid", "fhirUser", "launch", "launch/patient", "launch/encounter", "online_access", "offline_access",
    "patient/*.cruds", "user/*.cruds", "system/*.rs", "patient/*.*", "user/*.*",
)  # fmt: skip
"""For the discovery document: the widest of each kind."""


@dataclass(frozen=True)
class Clinical:
    """One scope on data: `patient/Task.cruds`, `user/*.read`. `letters` are in the order c r u d s."""

    level: str
    resource_type: str
    letters: str
    version: int
    query: str = ""

    @property
    def limit(self) -> tuple[str, str] | None:
        """The one search parameter and its value that it is limited to; None when that cannot be kept."""
        given = parse_qsl(self.query.removeprefix("?"), keep_blank_values=True)
        known = APP_STATE_LIMITS if self.resource_type == APP_STATE else limits_on(self.resource_type)
        if len(given) != 1 or given[0][0] not in known or not token_values(given[0][1]):
            return None
        return given[0]

    @property
    def text(self) -> str:
        """As SMART spells it, in the version it was asked in."""
        names = {letters: name for name, letters in V1_LETTERS.items()}
        permission = names.get(self.letters, self.letters) if self.version == 1 else self.letters
        return f"{self.level}/{self.resource_type}.{permission}{self.query}"

    def only(self, letters: Iterable[str], resource_type: str = "") -> Clinical:
        """The same scope with no other letters than these, on that type if one is named."""
        kept = "".join(letter for letter in self.letters if letter in set(letters))
        return Clinical(self.level, resource_type or self.resource_type, kept, self.version, self.query)


@dataclass(frozen=True)
class Asked:
    """A scope parameter taken apart: the words (`openid`, `launch`...) and the clinical scopes, in their order."""

    words: tuple[str, ...]
    clinical: tuple[Clinical, ...]


def parse(text: str) -> Asked:
    """The scope parameter `text`, taken apart. Raises MalformedScope."""
    words: list[str] = []
    clinical: list[Clinical] = []
    for scope in text.split():
        if not _SCOPE_CHARACTERS.fullmatch(scope):
            raise MalformedScope
        if scope.startswith(("patient/", "user/", "system/")):
            clinical.append(_clinical(scope))
        else:
            words.append(scope)
    return Asked(tuple(dict.fromkeys(words)), tuple(dict.fromkeys(clinical)))


def _clinical(scope: str) -> Clinical:
    found = _CLINICAL.fullmatch(scope)
    if found is None or not found[3]:
        raise MalformedScope
    version = 1 if found[3] in V1_LETTERS else 2
    if version == 1 and found[4]:
        raise MalformedScope
    return Clinical(found[1], found[2], V1_LETTERS.get(found[3], found[3]), version, found[4] or "")


def grant(text: str, chart: OpenChart, versions: Collection[str] = VERSIONS) -> str:
    """The scopes given out of those asked in `text`, to the user of `chart`; space separated, in the asked order.

    `versions` are those this server grants: a scope asked in another is given in its spelling. Raises MalformedScope,
    and NothingGranted when nothing is left that reads or identifies anything.
    """
    asked = parse(text)
    given = [word for word in asked.words if _word_is_given(word, chart, asked.words)]
    for scope in asked.clinical:
        for part in _given_parts(scope, chart):
            given.extend(each.text for each in _spelled(part, versions) if each.letters)
    if not given or set(given) <= REFRESH:
        raise NothingGranted
    return " ".join(dict.fromkeys(given))


def grant_system(text: str, agreed: str) -> str:
    """The scopes given to a backend service out of those asked in `text`: what was agreed beforehand, and no more.

    Raises MalformedScope, and NothingGranted for scopes of a person or a patient and when nothing is left.
    https://hl7.org/fhir/smart-app-launch/STU2.2/backend-services.html#scopes
    """
    asked, allowed = parse(text), parse(agreed).clinical
    if asked.words or any(scope.level != "system" for scope in asked.clinical):
        raise NothingGranted("A backend service is given system scopes only.")
    given = []
    for scope in asked.clinical:
        letters = {
            letter
            for other in allowed
            if other.resource_type in (EVERY_TYPE, scope.resource_type) and not other.query
            for letter in other.letters
        }
        part = scope.only(letters)
        if part.letters and (not part.query or part.limit):
            given.append(part.text)
    if not given:
        raise NothingGranted
    return " ".join(dict.fromkeys(given))


def covered(text: str, allowed: str) -> bool:
    """True when everything asked in `text` is among what an app was registered for. Raises MalformedScope."""
    asked, known = parse(text), parse(allowed)
    return set(asked.words) <= set(known.words) and all(
        any(_holds(other, scope) for other in known.clinical) for scope in asked.clinical
    )


def overlaps(text: str, refused: str) -> bool:
    """True when something asked in `text` includes a right that `refused` names. Raises MalformedScope."""
    asked, wrong = parse(text), parse(refused)
    return not set(asked.words).isdisjoint(wrong.words) or any(
        scope.level == other.level
        and (
            scope.resource_type == other.resource_type
            or EVERY_TYPE in (scope.resource_type, other.resource_type)
        )
        and set(scope.letters) & set(other.letters)
        for scope in asked.clinical
        for other in wrong.clinical
    )


def writes(text: str) -> bool:
    """True when a scope of `text` writes anything. Raises MalformedScope."""
    return any(WRITES & set(scope.letters) for scope in parse(text).clinical)


def _holds(wider: Clinical, scope: Clinical) -> bool:
    return (
        wider.level == scope.level
        and wider.resource_type in (EVERY_TYPE, scope.resource_type)
        and set(scope.letters) <= set(wider.letters)
        and wider.query in ("", scope.query)
    )


def _spelled(scope: Clinical, versions: Collection[str]) -> list[Clinical]:
    """The scope in a version that is granted. Version 1 has no finer words than read and write, and no queries."""
    if f"v{scope.version}" in versions:
        return [scope]
    if "v1" not in versions:
        return [replace(scope, version=2)]
    if scope.query:
        return []
    letters = set(scope.letters)
    words = [word for word in ("rs", "cud") if letters & set(word)]
    return [replace(scope, letters=word, version=1) for word in words]


def _word_is_given(word: str, chart: OpenChart, words: tuple[str, ...]) -> bool:
    if word == "launch":
        return chart.from_ehr
    if word == "launch/patient":
        return chart.patient is not None
    if word == "launch/encounter":
        return chart.encounter is not None
    if word == "fhirUser":
        # fhirUser travels in the id_token, which only openid asks for.
        return "openid" in words
    return word in _SUPPORTED_PERSON or word in REFRESH


def _given_parts(scope: Clinical, chart: OpenChart) -> list[Clinical]:
    if scope.level == "system" or (scope.query and scope.limit is None):
        return []
    if scope.level == "patient" and chart.patient is None:
        return []
    if scope.resource_type == APP_STATE:
        return [scope]  # An app's own settings are no clinical record: everybody may keep theirs.
    unwritable = UNWRITABLE.get(chart.user, frozenset())
    reading = [letter for letter in CRUDS if letter not in WRITES]
    if EVERY_TYPE in unwritable or scope.resource_type in unwritable:
        return [scope.only(reading)]
    if unwritable and scope.resource_type == EVERY_TYPE and WRITES & set(scope.letters):
        written = [scope.only(WRITES, resource_type) for resource_type in WRITTEN_BY_ALL]
        return [scope.only(reading), *written]
    return [scope]


def pairs(text: str, level: str) -> frozenset[tuple[str, str]]:
    """The granted scopes of one level as (resource type or "*", letter) pairs, which the FHIR server checks."""
    return frozenset(
        (scope.resource_type, letter)
        for scope in parse(text).clinical
        if scope.level == level and not scope.query
        for letter in scope.letters
    )


def limits(text: str) -> frozenset[Limit]:
    """The granted scopes with a search parameter, which the FHIR server checks."""
    return frozenset(
        Limit(scope.level, scope.resource_type, letter, *scope.limit)
        for scope in parse(text).clinical
        if scope.limit is not None and scope.resource_type != APP_STATE
        for letter in scope.letters
    )


def includes(text: str, *words: str) -> bool:
    """True when one of `words` is among the scopes of `text`."""
    return not set(words).isdisjoint(text.split())
