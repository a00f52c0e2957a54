"""One failure that is switched on, checked when it is made: an unknown name or detail is an error, never ignored."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from samples.faults.catalogue import CATALOGUE, Kind

LONGEST_SECONDS: Final = 60.0
MOST_TIMES: Final = 10_000
METHODS: Final = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})
STATUSES: Final[Mapping[str, tuple[int, ...]]] = {
    # The first is what it is unless said otherwise.
    "server_error": (500, 502, 503),
    "html_login_page": (200, 302),
}
SECONDS: Final[Mapping[str, float]] = {"slow": 3.0, "too_many_requests": 2.0}

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


@dataclass(frozen=True)
class Fault:
    """A failure that is switched on.

    `times` is how often it strikes before it ends by itself (None: until it is switched off). `path` is a prefix of
    the request's path; without one a failure concerns requests for records, so that `/fhir/metadata` and the SMART
    configuration stay well. `seconds` and `status` are what the kind makes of them, `scope` the scopes that
    `one_scope_too_many` refuses.
    """

    name: str
    times: int | None = None
    path: str = ""
    method: str = ""
    resource_type: str = ""
    seconds: float = 0.0
    status: int = 0
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
        return (
            meant
            and self.method in ("", occasion.method)
            and self.resource_type in ("", occasion.resource_type)
        )

    def to_json(self) -> dict[str, Any]:
        """Its name and the details that were given or stand in for them, as `fault` reads them."""
        details = {
            "times": self.times,
            "path": self.path,
            "method": self.method,
            "resource_type": self.resource_type,
            "seconds": self.seconds,
            "status": self.status,
            "scope": self.scope,
        }
        return {"name": self.name, **{name: value for name, value in details.items() if value}}


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
        "seconds": (
            number and 0 < value <= LONGEST_SECONDS,
            f"a number of seconds, more than 0 and at most {LONGEST_SECONDS:.0f}",
        ),
        "status": (value in STATUSES.get(name, ()), " or ".join(map(str, STATUSES.get(name, ())))),
        "path": (_matches(_PATH, value), "a path that begins with /"),
        "method": (value in METHODS if isinstance(value, str) else False, ", ".join(sorted(METHODS))),
        "resource_type": (_matches(_TYPE, value), "a FHIR resource type such as Condition"),
        "scope": (isinstance(value, str) and bool(value.split()), "scopes, separated by spaces"),
    }[key]
    if not good:
        raise FaultNotUnderstood(f"{key} of {name} must be {wanted}")


def _matches(pattern: re.Pattern[str], value: Any) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None
