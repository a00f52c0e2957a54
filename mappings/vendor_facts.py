"""What is known of an EHR vendor beforehand: the classes that `mappings/vendor.py` fills from `vendors/<name>.toml`.

They come second. What the site's own `/metadata` and the granted scopes say is read first at run time; these facts fill
in what metadata does not say (which search parameter is required, what error 4113 means, whether a page link expires)
and what is known before there is a token (the fields of a registration form).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from mappings.rung import Rung

WRITES = frozenset({"create", "update", "patch", "delete"})
"""FHIR's interaction codes that change something."""


class Mark(StrEnum):
    """How well a fact is known."""

    VERIFIED = "V"
    PUBLIC_PAGE = "P"
    UNVERIFIED = "U"


@dataclass(frozen=True)
class Fact:
    """Where a fact comes from: `source` in words, `url` where there is one, the day it was true, and how sure."""

    source: str
    date: date
    mark: Mark
    url: str = ""


class UpdateStyle(StrEnum):
    """How a resource is changed."""

    PUT = "put"
    PATCH = "patch"


class SystemInteraction(StrEnum):
    """The most that the EHR does with a Bundle posted to its base."""

    TRANSACTION = "transaction"
    BATCH = "batch"
    NONE = "none"


class Precondition(StrEnum):
    """The header by which a change is refused when somebody else changed the record meanwhile."""

    IF_MATCH = "if-match"
    IF_UNMODIFIED_SINCE = "if-unmodified-since"
    NONE = "none"
    """None is kept: the record is read again just before it is changed."""


class PagingStyle(StrEnum):
    """How the pages of a search are linked. In each case the `next` link is followed as it was written."""

    LINK = "next-link"
    CURSOR = "cursor"
    PAGE_NUMBER = "page-number"


@dataclass(frozen=True)
class Paging:
    """`expires` where a page link dies with the server's session; `expired_code` is the error that says so."""

    style: PagingStyle
    expires: bool
    expired_code: str
    words: str
    fact: Fact


class ErrorKind(StrEnum):
    """What a vendor's numbered error means for the program."""

    NOTHING_FOUND = "nothing-found"
    PARAMETER_REQUIRED = "parameter-required"
    PARAMETER_UNKNOWN = "parameter-unknown"
    PAGE_EXPIRED = "page-expired"
    NOT_AUTHORIZED = "not-authorized"
    PARTLY_SHOWN = "partly-shown"
    TOO_MANY = "too-many"
    BREAK_THE_GLASS = "break-the-glass"
    DUPLICATE = "duplicate"
    NOT_STORED = "not-stored"
    GONE = "gone"
    SERVER = "server"


@dataclass(frozen=True)
class VendorError:
    """One error code: `meaning` is for the person who reads the page, `action` says what to do next."""

    code: str
    kind: ErrorKind
    meaning: str
    action: str
    fact: Fact


@dataclass(frozen=True)
class SearchRule:
    """A rule of searching one type that a fixed parameter cannot keep, in words."""

    resource_type: str
    words: str
    fact: Fact


class ScopeStyle(StrEnum):
    """Which spelling of SMART scopes to begin with; what was granted is read back in any case."""

    V1 = "v1"
    V2 = "v2"


@dataclass(frozen=True)
class ScopeAdvice:
    """The scope style to configure for this vendor, and why."""

    style: ScopeStyle
    words: str
    fact: Fact


@dataclass(frozen=True)
class TenancyParameter:
    """A parameter that tells practices on one host apart."""

    name: str
    words: str
    fact: Fact


@dataclass(frozen=True)
class DocumentRules:
    """What a DocumentReference may hold here: the mime types it takes, best first; () where it takes none."""

    mime_types: tuple[str, ...]
    dates_need_time: bool
    words: str
    fact: Fact


@dataclass(frozen=True)
class SignOff:
    """`products` whose writes wait for a clinician to sign before anybody sees them; () where none do."""

    products: tuple[str, ...]
    words: str
    fact: Fact


@dataclass(frozen=True)
class Note:
    """Something else that an administrator or a maintainer should know, in words."""

    words: str
    fact: Fact


class FormValue(StrEnum):
    """Which of our own values a field of a registration form asks for; the rest is only advice."""

    APP_NAME = "app-name"
    DESCRIPTION = "description"
    LAUNCH_URL = "launch-url"
    REDIRECT_URI = "redirect-uri"
    JWKS_URL = "jwks-url"
    SCOPES = "scopes"
    CLIENT_TYPE = "client-type"
    SMART_VERSION = "smart-version"
    HOME_URL = "home-url"
    CONTACT = "contact"
    FIXED = "fixed"


@dataclass(frozen=True)
class RegistrationField:
    """One field of the vendor's registration form: its name there, what to put in, and advice.

    `answer` is what to choose where `value` is FIXED; for the other values the caller knows it.
    """

    name: str
    value: FormValue
    answer: str
    advice: str
    required: bool
    fact: Fact


@dataclass(frozen=True)
class Registration:
    """Where and how an app is registered with this vendor, and every field that is asked for."""

    where: str
    url: str
    words: str
    fields: tuple[RegistrationField, ...]
    fact: Fact


@dataclass(frozen=True)
class Vendor:
    """The facts of one vendor. Resource types and interaction codes are FHIR's own.

    `interactions` is what the vendor's public metadata offered when it was looked at. `facts` names the source of each
    plain value, as "required_search.CarePlan", "interactions.Goal", "system"; the small classes bear their own.
    `search_alternatives` are the parameters that serve in place of the required ones.
    """

    name: str
    label: str
    interactions: Mapping[str, frozenset[str]]
    required_search: Mapping[str, tuple[tuple[str, str], ...]]
    search_rules: tuple[SearchRule, ...]
    closed_date_ranges: bool
    update_style: Mapping[str, UpdateStyle]
    system: SystemInteraction
    paging: Paging
    error_codes: Mapping[str, VendorError]
    precondition: Precondition
    conditional_create: bool
    token_seconds: int | None
    scopes: ScopeAdvice
    tenancy: tuple[TenancyParameter, ...]
    document: DocumentRules
    sign_off: SignOff
    ladder_order: tuple[Rung, ...]
    registration: Registration
    notes: tuple[Note, ...]
    facts: Mapping[str, Fact]
    search_alternatives: Mapping[str, frozenset[str]]

    @property
    def writes(self) -> Mapping[str, frozenset[str]]:
        """The interactions of each type that change something; types without one are left out."""
        return {name: codes & WRITES for name, codes in self.interactions.items() if codes & WRITES}

    @property
    def if_match(self) -> bool:
        """Whether a change may carry If-Match."""
        return self.precondition is Precondition.IF_MATCH

    @property
    def remarks(self) -> tuple[Note, ...]:
        """What an administrator should know beyond the form: every fact of this vendor that stands in words."""
        life = f"An access token lives {self.token_seconds} seconds."
        awaiting = " and ".join(self.sign_off.products)
        return (
            *self.notes,
            *(Note(f"Searching {_type_words(rule)}: {rule.words}", rule.fact) for rule in self.search_rules),
            *(Note(f"`{item.name}`: {item.words}", item.fact) for item in self.tenancy),
            *([Note(f"{awaiting}: {self.sign_off.words}", self.sign_off.fact)] if awaiting else []),
            Note(self.document.words, self.document.fact),
            Note(self.paging.words, self.paging.fact),
            *([Note(life, self.fact("access_token"))] if self.token_seconds else []),
        )

    @property
    def registration_fields(self) -> tuple[RegistrationField, ...]:
        """Every field of the registration form, in the form's order."""
        return self.registration.fields

    def updates_by(self, resource_type: str) -> UpdateStyle:
        """How this type is changed here; PUT where nothing else is known."""
        return self.update_style.get(resource_type, UpdateStyle.PUT)

    def missing_parameters(self, resource_type: str, asked: Iterable[str]) -> tuple[tuple[str, str], ...]:
        """The required parameters that a search by the parameter names `asked` lacks.

        None are missing where `asked` holds a parameter that serves in their place: at Epic an Observation search
        needs a category only when it has no code.
        """
        names = set(asked)
        if names & self.search_alternatives.get(resource_type, frozenset()):
            return ()
        required = self.required_search.get(resource_type, ())
        return tuple((name, value) for name, value in required if name not in names)

    def error(self, codes: Iterable[str]) -> VendorError | None:
        """The first of the codes of an OperationOutcome that this vendor's facts explain."""
        return next((self.error_codes[code] for code in codes if code in self.error_codes), None)

    def fact(self, name: str) -> Fact:
        """The source of a plain value. Raises KeyError for a name that is none."""
        return self.facts[name]


def _type_words(rule: SearchRule) -> str:
    return "any type" if rule.resource_type == "*" else rule.resource_type
