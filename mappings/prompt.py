"""One thing that the page offers to do next, with the reason in words and the page that does it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Prompt:
    """`sentence` says what, `why` the rule behind it; `label` is the words of the link to `endpoint`."""

    sentence: str
    why: str
    label: str
    endpoint: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    urgent: bool = False
