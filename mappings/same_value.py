"""Whether two values of one element say the same: what a server may rewrite without losing anything.

Texts of equal words, numbers of equal size, dates and instants of one moment, references to one record.
https://hl7.org/fhir/R4/datatypes.html https://hl7.org/fhir/R4/references.html#literal
"""

from __future__ import annotations

import unicodedata
from typing import Any

from mappings import dates
from mappings.dates import FhirDate, Precision
from mappings.narrative import clean

URN = "urn:uuid:"


def same(sent: Any, held: Any) -> bool:
    """Whether two JSON values that are neither object nor list say the same. Never raises."""
    if isinstance(sent, bool) or isinstance(held, bool):
        return sent is held
    if isinstance(sent, str) and isinstance(held, str):
        return sent == held or words(sent) == words(held) or _same_date(dates.parse(sent), dates.parse(held))
    return bool(sent == held)


def words(text: str) -> str:
    """The words of a text, whatever stands between them; letters as Unicode composes them."""
    return unicodedata.normalize("NFC", " ".join(clean(text).split()))


def same_reference(sent: str, held: str) -> bool:
    """Whether both lead to one record, absolute or with a version. `urn:uuid:` fits any: the EHR gives it its place."""
    if sent.startswith(URN):
        return bool(held)
    return sent == held or (_place(sent) == _place(held) != "")


def _place(reference: str) -> str:
    """ "Task/812" of "https://ehr.example/fhir/Task/812/_history/3"; "" for anything that names no record so."""
    steps = reference.partition("/_history/")[0].split("/")
    kind, identity = steps[-2:] if len(steps) > 1 else ("", "")
    return f"{kind}/{identity}" if kind[:1].isupper() and identity else ""


def _same_date(sent: FhirDate | None, held: FhirDate | None) -> bool:
    if sent is None or held is None:
        return False
    if sent.precision is Precision.INSTANT and held.precision is Precision.INSTANT:
        return _same_moment(sent, held)
    return _midnight(held) and sent.precision is Precision.DAY and sent.day == held.day


def _same_moment(sent: FhirDate, held: FhirDate) -> bool:
    """To the second: Chartside writes no fractions, and an EHR may add or cut them."""
    if sent.moment is None or held.moment is None:
        return False
    if (sent.moment.tzinfo is None) != (held.moment.tzinfo is None):
        return False
    return int(sent.sort_key[0]) == int(held.sort_key[0])


def _midnight(held: FhirDate) -> bool:
    """A day to which an EHR gave its clock's midnight. In UTC it would be the evening before in America."""
    moment = held.moment
    if moment is None or moment.tzinfo is None or not moment.utcoffset():
        return False
    return (moment.hour, moment.minute, moment.second) == (0, 0, 0)
