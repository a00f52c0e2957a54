"""Date searches that an EHR takes only as a range with both ends."""

from __future__ import annotations

import re
from dataclasses import dataclass

from samples.personas.fact import Fact
from samples.personas.refusals import Refusals
from samples.personas.required_search import Params

_LOWER, _UPPER = ("ge", "gt"), ("le", "lt")
_PREFIX = re.compile(r"(eq|ne|ge|gt|le|lt|sa|eb|ap)(?=\d)")


@dataclass(frozen=True, kw_only=True)
class ClosedRanges(Fact):
    """The parameters that must close a range, as `Type.parameter` or `*.parameter`.

    Those in `both_ends` come twice, with a lower and an upper end; those in `bare_or_both` may also come once without a
    prefix, which names a day or a moment.
    """

    both_ends: tuple[str, ...] = ()
    bare_or_both: tuple[str, ...] = ()

    def require(self, resource_type: str, params: Params, refusals: Refusals) -> None:
        """Raises Refused for a date search that leaves an end open."""
        for name in dict.fromkeys(name for name, _ in params):
            prefixes = [_prefix(value) for each, value in params if each == name]
            if not self._closed(resource_type, name, prefixes):
                says = f"The date and prefix pairs of '{name}' must create a closed range"
                raise refusals.refused(400, "invalid", says)

    def _closed(self, resource_type: str, name: str, prefixes: list[str]) -> bool:
        names = {f"{resource_type}.{name}", f"*.{name}"}
        if names & set(self.bare_or_both) and prefixes in ([""], ["eq"]):
            return True
        if not names & {*self.both_ends, *self.bare_or_both}:
            return True
        lower, upper = ([each for each in prefixes if each in ends] for ends in (_LOWER, _UPPER))
        return len(prefixes) == 2 and len(lower) == len(upper) == 1


def _prefix(value: str) -> str:
    found = _PREFIX.match(value)
    return found[1] if found else ""
