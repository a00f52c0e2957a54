"""What may be told of a contact beside its five facts: topics, teach-back, barriers, what was done and given, who else.

All of it is optional, and all of it stands in the outputs, in the text and in the fixed line, so that it is read back
where a server lost the outputs (domain notes, rows 99, 104, 107, 110, 171 and C.5).
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, ClassVar

from fhir_profiles.terminology import codes, coding, concept, display
from mappings.element import as_object, as_text
from mappings.form import Fields
from mappings.identity import code_in

TAUGHT_PREFIX = "taught."
"""Before the code of a topic: how its teach-back went."""
FIELDS = (
    "activity",
    "issue",
    "topics",
    "barriers",
    "barrier_words",
    "interventions",
    "given",
    "given_words",
    "consulted_who",
    "consulted_time",
    "consulted_about",
    "complaint",
    "compliment",
)
_LISTED = {"topics": "contact-topic", "interventions": "intervention"}


@dataclass(frozen=True)
class ContactDetails:
    """The details as codes, what has none in words. `taught` is (topic, code of teach-back), `given` are words."""

    LABELS: ClassVar = (
        *("Activity", "Key issue", "Topics", "Teach-back", "Barriers", "Done", "Given"),
        *("Others consulted", "Concern", "Compliment"),
    )

    activity: str = ""
    issue: str = ""
    topics: tuple[str, ...] = ()
    taught: tuple[tuple[str, str], ...] = ()
    barriers: tuple[str, ...] = ()
    barrier_words: str = ""
    interventions: tuple[str, ...] = ()
    given: tuple[str, ...] = ()
    consulted: str = ""
    concern: str = ""
    compliment: str = ""

    @property
    def facts(self) -> tuple[tuple[str, str], ...]:
        """(label, words) of everything that was told, for the text, the line and the screen."""
        told = (
            ("Activity", _words("activity-type", self.activity)),
            ("Key issue", self.issue),
            ("Topics", _joined("contact-topic", self.topics)),
            ("Teach-back", ", ".join(f"{_topic(topic)}: {_taught(how)}" for topic, how in self.taught)),
            ("Barriers", ", ".join(filter(None, (_joined("barrier", self.barriers), self.barrier_words)))),
            ("Done", _joined("intervention", self.interventions)),
            ("Given", ", ".join(self.given)),
            ("Others consulted", self.consulted),
            ("Concern", self.concern),
            ("Compliment", self.compliment),
        )
        return tuple((label, words) for label, words in told if words)


@cache
def items() -> tuple[tuple[str, str], ...]:
    """What is kept at hand to give: (code, words), in the order of the file."""
    return tuple((row["code"], row["label"]) for row in _data()["item"])


def usual_activity(mode: str) -> str:
    """The activity of a contact made in this way, where nobody says otherwise; "" for a mode without one."""
    return as_text(_data()["activity"].get(mode))


def outside_care(activity: str) -> bool:
    """Whether work of this kind is no care management, so that its minutes never count."""
    return activity in _data()["outside"]["activities"]


@cache
def _data() -> dict[str, Any]:
    return tomllib.loads(resources.files("mappings").joinpath("contact_details.toml").read_text("utf-8"))


def read_details(fields: Fields, mode: str) -> ContactDetails:
    """The details as sent; `mode` gives the activity where none was chosen. A teach-back says what was talked about."""
    chosen = fields.one_of("activity", codes("activity-type"))
    taught = tuple(
        (topic, how)
        for topic in codes("contact-topic")
        if (how := fields.one_of(TAUGHT_PREFIX + topic, codes("teach-back")))
    )
    ticked = {name: fields.many_of(name, codes(system)) for name, system in _LISTED.items()}
    named = dict(items())
    given = [named[code] for code in fields.many_of("given", named)]
    return ContactDetails(
        activity=chosen or usual_activity(mode),
        issue=fields.text("issue"),
        topics=tuple(dict.fromkeys((*ticked["topics"], *(topic for topic, _ in taught)))),
        taught=taught,
        barriers=fields.many_of("barriers", codes("barrier")),
        barrier_words=fields.text("barrier_words"),
        interventions=ticked["interventions"],
        given=tuple(filter(None, (*given, fields.text("given_words")))),
        consulted=_consulted(fields),
        concern=fields.text("complaint"),
        compliment=fields.text("compliment"),
    )


def _consulted(fields: Fields) -> str:
    """ "Dr Lee at 14:20: evening insulin"."""
    who, about, when = (
        fields.text("consulted_who"),
        fields.text("consulted_about"),
        fields.clock("consulted_time"),
    )
    if (about or when) and not who:
        fields.refuse("consulted_who", "Say who was consulted.")
        return ""
    at = f" at {when:%H:%M}" if when else ""
    return f"{who}{at}{': ' if about else ''}{about}" if who else ""


def detail_outputs(details: ContactDetails) -> list[dict[str, Any]]:
    """The rows of Task.output that say the same."""
    coded = [
        *((("activity", "activity-type", details.activity),) if details.activity else ()),
        *(("topic", "contact-topic", code) for code in details.topics),
        *(("barrier", "barrier", code) for code in details.barriers),
        *(("intervention", "intervention", code) for code in details.interventions),
    ]
    words = [
        ("issue", details.issue),
        *(("given", item) for item in details.given),
        ("consulted", details.consulted),
        ("concern", details.concern),
        ("compliment", details.compliment),
    ]
    return [
        *(_row(name, "valueCodeableConcept", concept(system, code)) for name, system, code in coded),
        *(_row("teach-back", "valueCodeableConcept", _taught_concept(*each)) for each in details.taught),
        *(
            [_row("barrier", "valueCodeableConcept", {"text": details.barrier_words})]
            if details.barrier_words
            else []
        ),
        *(_row(name, "valueString", text) for name, text in words if text),
    ]


def _row(name: str, element: str, value: Any) -> dict[str, Any]:
    return {"type": concept("task-output", name), element: value}


def _taught_concept(topic: str, how: str) -> dict[str, Any]:
    both = [coding("teach-back", how), coding("contact-topic", topic)]
    return {"coding": both, "text": f"{_topic(topic)}: {_taught(how)}"}


def details_of(outputs: Sequence[dict[str, Any]], line: Mapping[str, str]) -> ContactDetails:
    """The details of a contact, read from its outputs, else from its fixed line."""
    kept = {name: _kept(outputs, name) for name in _NAMES}
    by_line = _of_line(line)
    if not any(kept.values()):
        return by_line
    barriers = [as_object(each.get("valueCodeableConcept")) for each in kept["barrier"]]
    return ContactDetails(
        activity=next(iter(_codes(kept["activity"], "activity-type")), "") or by_line.activity,
        issue=_text(kept["issue"]) or by_line.issue,
        topics=_codes(kept["topic"], "contact-topic") or by_line.topics,
        taught=_taught_of(kept["teach-back"]) or by_line.taught,
        barriers=_codes(kept["barrier"], "barrier") or by_line.barriers,
        barrier_words=", ".join(as_text(each.get("text")) for each in barriers if not each.get("coding"))
        or by_line.barrier_words,
        interventions=_codes(kept["intervention"], "intervention") or by_line.interventions,
        given=tuple(filter(None, (as_text(each.get("valueString")) for each in kept["given"])))
        or by_line.given,
        consulted=_text(kept["consulted"]) or by_line.consulted,
        concern=_text(kept["concern"]) or by_line.concern,
        compliment=_text(kept["compliment"]) or by_line.compliment,
    )


_NAMES = (
    *("activity", "issue", "topic", "teach-back", "barrier", "intervention"),
    *("given", "consulted", "concern", "compliment"),
)


def _kept(outputs: Sequence[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    return [each for each in outputs if code_in(each.get("type"), "task-output") == name]


def _codes(rows: Sequence[dict[str, Any]], system: str) -> tuple[str, ...]:
    found = (code_in(each.get("valueCodeableConcept"), system) for each in rows)
    return tuple(code for code in found if code in codes(system))


def _taught_of(rows: Sequence[dict[str, Any]]) -> tuple[tuple[str, str], ...]:
    both = [(_codes([row], "contact-topic"), _codes([row], "teach-back")) for row in rows]
    return tuple((topic[0], how[0]) for topic, how in both if topic and how)


def _text(rows: Sequence[dict[str, Any]]) -> str:
    return next((as_text(each.get("valueString")) for each in rows), "")


def _of_line(line: Mapping[str, str]) -> ContactDetails:
    listed = {label: [each for each in line.get(label, "").split(", ") if each] for label in _LINE_LISTS}
    by_words = {display("barrier", code): code for code in codes("barrier")}
    taught = (each.partition(": ") for each in listed["Teach-back"])
    pairs = ((_coded("contact-topic", [topic]), _coded("teach-back", [how])) for topic, _, how in taught)
    return ContactDetails(
        activity=next(iter(_coded("activity-type", [line.get("Activity", "")])), ""),
        issue=line.get("Key issue", ""),
        topics=_coded("contact-topic", listed["Topics"]),
        taught=tuple((topic[0], how[0]) for topic, how in pairs if topic and how),
        barriers=_coded("barrier", listed["Barriers"]),
        barrier_words=", ".join(each for each in listed["Barriers"] if each not in by_words),
        interventions=_coded("intervention", listed["Done"]),
        given=tuple(listed["Given"]),
        consulted=line.get("Others consulted", ""),
        concern=line.get("Concern", ""),
        compliment=line.get("Compliment", ""),
    )


_LINE_LISTS = ("Topics", "Teach-back", "Barriers", "Done", "Given")


def _coded(system: str, words: Sequence[str]) -> tuple[str, ...]:
    by_words = {display(system, code).lower(): code for code in codes(system)}
    return tuple(by_words[each.lower()] for each in words if each.lower() in by_words)


def _words(system: str, code: str) -> str:
    return display(system, code) if code in codes(system) else ""


def _joined(system: str, listed: Sequence[str]) -> str:
    return ", ".join(display(system, code) for code in listed)


def _topic(code: str) -> str:
    return display("contact-topic", code)


def _taught(code: str) -> str:
    return display("teach-back", code).lower()
