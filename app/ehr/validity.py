"""What is wrong with a record by our own doing: a change answers for what it changes, not for what others wrote.

Somebody may edit an entry of ours in the EHR into something that our profiles refuse. What they wrote is kept as it is
and must not stop a note; what we add to it must still be right.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from fhir_profiles.validator import Problem, validate

_PLACE_IN_LIST = re.compile(r"\[\d+\]")


def made_by_us(problems: Sequence[Problem], held: Mapping[str, Any]) -> tuple[Problem, ...]:
    """Those of a change's `problems` that the record as the EHR holds it (`held`) does not have already.

    Places in lists are not compared: a note added before another moves it.
    """
    theirs = Counter(_key(problem) for problem in validate(dict(held)))
    ours = []
    for problem in problems:
        if theirs[_key(problem)]:
            theirs[_key(problem)] -= 1
        else:
            ours.append(problem)
    return tuple(ours)


def _key(problem: Problem) -> tuple[str, str]:
    return _PLACE_IN_LIST.sub("", problem.path), problem.rule
