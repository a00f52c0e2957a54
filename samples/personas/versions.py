"""How an EHR guards an update against another one that came between."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime

from samples.fhir.records import Version
from samples.personas.fact import Fact
from samples.personas.refusals import Refusals


@dataclass(frozen=True, kw_only=True)
class Versions(Fact):
    """`if_match`: If-Match is honoured, else passed over. `unmodified_since`: so is If-Unmodified-Since.

    `tags`: answers carry an ETag.
    """

    if_match: bool = True
    unmodified_since: bool = False
    tags: bool = True

    def require_unmodified(self, present: Version, moment: str, refusals: Refusals) -> None:
        """Raises Refused when the resource has changed since this HTTP date; one that cannot be read is passed over."""
        if not self.unmodified_since or not moment:
            return
        try:
            known = parsedate_to_datetime(moment)
        except ValueError:
            return
        # An HTTP date has whole seconds.
        if present.last_modified.replace(microsecond=0) > known.astimezone(UTC):
            says = "the resource has been changed since the moment that If-Unmodified-Since names"
            raise refusals.refused(412, "conflict", says)
