"""Whether facts about the patient may go to somebody outside: by the privacy consent, and no more than it names.

An agency is told only what a permission in force names it for (`sharing`). Another provider who treats the patient, a
supplier and the practice itself need none (45 CFR 164.506(c)), but for mental health, substance use and HIV, which
always do (42 CFR part 2 and state law). https://www.hhs.gov/hipaa/for-professionals/privacy/laws-regulations/
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from mappings import pick_lists
from mappings.chart import Chart
from mappings.resource_topic import topic_rules
from mappings.sharing import Permission, permissions
from mappings.sight import Sight, sight

PROTECTED = "protected"


@dataclass(frozen=True)
class Telling:
    """The answer. `allowed` by what is on file; `unknown` where the EHR does not show whether a permission is.

    `sentence` says why not, or by what; `missing` are the words of the facts that no permission names.
    """

    allowed: bool
    unknown: bool
    sentence: str
    missing: tuple[str, ...] = ()
    partly: bool = False
    """A permission names them, and not all of it."""


def may_tell(chart: Chart, whom: str, kind: str, facts: Sequence[str], *, now: datetime) -> Telling:
    """Whether `whom`, of this kind (code of resource_topics.toml), may be told these facts (codes) today."""
    asked = [each for each in facts if topic_rules().kinds[kind].permission or each == PROTECTED]
    if kind == "in-house" or not asked:
        return Telling(True, False, "They take part in the patient's care: no separate permission is needed.")
    held = [row for row in permissions(chart, now).rows if row.active and names(row, whom)]
    words = pick_lists.shared_facts()
    covered = {fact for row in held for fact in row.facts}
    missing = tuple(words[each] for each in asked if words[each] not in covered)
    if not missing:
        return Telling(True, False, f"Permitted on {held[0].given_words}. {held[0].sentence}")
    seen = sight(chart, "Consent")
    if seen is not Sight.WHOLE:
        return Telling(
            False,
            True,
            f"Chartside cannot see here whether the patient permits that {whom} is told.",
            missing,
        )
    if held:
        said = f"The patient's permission for {whom} does not name all of it."
        return Telling(False, False, said, missing, partly=True)
    return Telling(False, False, f"No permission is on file to tell {whom} anything.", missing)


def names(permission: Permission, whom: str) -> bool:
    """Whether a permission names them: letter for letter, but for capitals, spaces and punctuation."""
    return _plain(whom) in {_plain(each) for each in permission.agencies}


def _plain(name: str) -> str:
    return re.sub(r"[^\w]+", " ", name.casefold()).strip()
