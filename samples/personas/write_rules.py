"""What an EHR demands of a resource before it takes it, beyond R4's own rules."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from samples.personas.fact import Fact
from samples.personas.offers import ANY
from samples.personas.refusals import Refusals, Refused


@dataclass(frozen=True, kw_only=True)
class WriteRule(Fact):
    """One demand on an element (a dotted path; lists are looked through) of `type` ("*": of every type).

    Paths that serve alike are separated by "|".

    `required`: it must be there; `absent`: it must not; `values`: whichever are there must be among these (a media
    type is compared without its parameters); `any_of`: at least one of them is among these; `timed`: a date in it has a
    time of day. `code` is R4's IssueType of the refusal, `number` the EHR's.
    """

    type: str
    element: str
    on: tuple[str, ...] = ("create", "update")
    required: bool = False
    absent: bool = False
    values: tuple[str, ...] = ()
    any_of: tuple[str, ...] = ()
    timed: bool = False
    status: int = 422
    code: str = "business-rule"
    number: str = ""
    says: str = ""

    def kept_by(self, resource: dict[str, Any]) -> bool:
        """True when the resource meets the demand."""
        ways = [path.split(".") for path in self.element.split("|")]
        found = [each for way in ways for each in _found(resource, way) if each is not None]
        plain = [each.partition(";")[0].strip().lower() for each in found if isinstance(each, str)]
        return not (
            (self.required and not found)
            or (self.absent and found)
            or (self.values and set(plain) - set(self.values))
            or (self.any_of and not set(plain) & set(self.any_of))
            or (self.timed and any("T" not in each for each in found if isinstance(each, str)))
        )


def require_writable(
    resource: dict[str, Any], interaction: str, rules: Sequence[WriteRule], refusals: Refusals
) -> None:
    """Raises Refused naming every element at fault, with the status of the first demand that is not met."""
    resource_type = resource["resourceType"]
    broken = [
        rule
        for rule in rules
        if rule.type in (resource_type, ANY) and interaction in rule.on and not rule.kept_by(resource)
    ]
    if broken:
        raise Refused(
            broken[0].status,
            [
                refusals.issue(
                    rule.code,
                    rule.says or f"{rule.element} is not as this EHR takes it",
                    number=rule.number,
                    at=f"{resource_type}.{rule.element}",
                )
                for rule in broken
            ],
        )


def _found(element: Any, path: Sequence[str]) -> Iterator[Any]:
    """The values at the end of the path; at its very start "**" looks at every depth."""
    if isinstance(element, list):
        for each in element:
            yield from _found(each, path)
    elif not path:
        yield element
    elif isinstance(element, dict):
        if path[0] == "**":
            yield from _found(element, path[1:])
            for each in element.values():
                yield from _found(each, path) if isinstance(each, (dict, list)) else ()
        elif path[0] in element:
            yield from _found(element[path[0]], path[1:])
