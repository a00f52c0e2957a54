"""One thing that Chartside points out about a patient: what, why it says so, and the page where it is done.

A rule may only point out and never act: the nurse decides, and what she decides is filed by a form of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Prompt:
    """`sentence` says what, `why` by which facts and rule. `label` are the words of the way on, "" where there is none.

    `endpoint` and `parameters` are the page it leads to ("step.show", {"to": "paused"}); `urgent` ones stand first.
    """

    sentence: str
    why: str
    label: str = ""
    endpoint: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    urgent: bool = False
