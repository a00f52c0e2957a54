"""One failure that is switched on, checked when it is made: an unknown name or detail is an error, never ignored."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from samples.faults.catalogue import CATALOGUE, Kind

LONGEST_SECONDS: Final = 60.0
MOST_TIMES: Final = 10_000
WRITE: Final = "WRITE"
"""Stands for each method that writes; a search by POST is none."""
METHODS: Final = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", WRITE})
STATUSES: Final[Mapping[str, tuple[int, ...]]] = {
    # The first is what it is unless said otherwise.
    "server_error": (500, 502, 503),
    "html_login_page": (200, 302),
    "refused": (422, 400, 403, 404, 405, 409, 410, 412, 501),
    "transaction_refused": (501, 400, 404, 405, 422),
}
SECONDS: Final[Mapping[str, float]] = {"slow": 3.0, "too_many_requests": 2.0, "no_answer": 60.0}

_CODE = re.compile(r"[a-z][a-z-]{0,40}")

_TYPE = re.compile(r"[A-Z][A-Za-z]{0,63}")
_PATH = re.compile(r"/[\x21-\x7e]{0,200}")
_OPEN_PATHS = re.compile(r"/fhir/(metadata|\.well-known/.*)")


class FaultNotUnderstood(ValueError):
    """A failure was asked for in words that are not understood; the message says which, and what would be."""


@dataclass(frozen=True)
class Occasion:
    """One request to the sandbox: its method, path, and the FHIR resource type it is about ("" for none)."""

    method: str
    path: str
    resource_type: str = ""

    @property
    def writes(self) -> bool:
        """Whether it asks for a change of what the EHR holds."""
        return self.method != "GET" and not self.path.endswith("/_search")

    @property
    def bundle(self) -> bool:
        """Whether it brings a batch or transaction."""
        return self.method == "POST" and self.path.rstrip("/") == "/fhir"


@dataclass(frozen=True)
class Fault:
    """A failure that is switched on.

    `times` is how often it strikes before it ends by itself (None: until it is switched off); `after` is how many of
    the requests that it is meant for go well first. `path` is a prefix of the request's path; without one a failure
    concerns requests for records, so that `/fhir/metadata` and the SMART configuration stay well. `seconds`, `status`
    and `code` (of an OperationOutcome's issue) are what the kind makes of them, `scope` the scopes that
    `one_scope_too_many` refuses.
    """

    name: str
    times: int | None = None
    after: int = 0
    path: str = ""
    method: str = ""
    resource_type: str = ""
    seconds: float = 0.0
    status: int = 0
    code: str = ""
    scope: str = ""

    @property
    def kind(self) -> Kind:
        """Its entry in the catalogue."""
        return CATALOGUE[self.name]

    def strikes(self, occasion: Occasion) -> bool:
        """True when this request is one of those it is meant for."""
        if self.path:
            meant = occasion.path.startswith(self.path)
        else:
            meant = occasion.path.startswith("/fhir") and not _OPEN_PATHS.fullmatch(occasion.path)
        only = _ONLY.get(self.name)
        return (
            meant
            and (self.method in ("", occasion.method) or (self.method == WRITE and occasion.writes))
            and self.resource_type in ("", occasion.resource_type)
            and (only is None or only(occasion))
        )

    def to_json(self) -> dict[str, Any]:
        """Its name and the details that were given or stand in for them, as `fault` reads them."""
        details = {
            "times": self.times,
            "after": self.after,
            "path": self.path,
            "method": self.method,
            "resource_type": self.resource_type,
            "seconds": self.seconds,
            "status": self.status,
            "code": self.code,
            "scope": self.scope,
        }
        return {"name": self.name, **{name: value for name, value in details.items() if value}}


_ONLY: Final[Mapping[str, Callable[[Occasion], bool]]] = {
    "transaction_refused": lambda occasion: occasion.bundle,
    "search_withholds": lambda occasion: not occasion.writes and bool(occasion.resource_type),
    "extensions_dropped": lambda occasion: occasion.writes,
    "ids_changed": lambda occasion: occasion.writes,
}
"""The requests that a kind can strike at all."""


def fault(name: str, **details: Any) -> Fault:
    """The failure of this name with these details. Raises FaultNotUnderstood."""
    kind = CATALOGUE.get(name)
    if kind is None:
        raise FaultNotUnderstood(f"there is no such failure; there are {', '.join(CATALOGUE)}")
    given = {key: value for key, value in details.items() if value is not None}
    unknown = sorted(set(given) - kind.takes - {"times"})
    if unknown:
        taken = ", ".join(sorted(kind.takes | {"times"}))
        raise FaultNotUnderstood(f"{name} takes {taken}, and no {', '.join(unknown)}")
    if name in SECONDS:
        given.setdefault("seconds", SECONDS[name])
    if name in STATUSES:
        given.setdefault("status", STATUSES[name][0])
    for key, value in given.items():
        _check(name, key, value)
    return Fault(name, **given)


def _check(name: str, key: str, value: Any) -> None:
    """Raises FaultNotUnderstood for a detail of the wrong kind or beyond its bounds."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    good, wanted = {
        "times": (
            isinstance(value, int) and number and 1 <= value <= MOST_TIMES,
            f"a whole number from 1 to {MOST_TIMES}",
        ),
        "after": (
            isinstance(value, int) and number and 0 <= value <= MOST_TIMES,
            f"a whole number from 0 to {MOST_TIMES}",
        ),
        "seconds": (
            number and 0 < value <= LONGEST_SECONDS,
            f"a number of seconds, more than 0 and at most {LONGEST_SECONDS:.0f}",
        ),
        "status": (value in STATUSES.get(name, ()), " or ".join(map(str, STATUSES.get(name, ())))),
        "path": (_matches(_PATH, value), "a path that begins with /"),
        "method": (value in METHODS if isinstance(value, str) else False, ", ".join(sorted(METHODS))),
        "resource_type": (_matches(_TYPE, value), "a FHIR resource type such as Condition"),
        "code": (_matches(_CODE, value), "a code of FHIR's issue types such as not-supported"),
        "scope": (isinstance(value, str) and bool(value.split()), "scopes, separated by spaces"),
    }[key]
    if not good:
        raise FaultNotUnderstood(f"{key} of {name} must be {wanted}")


def _matches(pattern: re.Pattern[str], value: Any) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None
