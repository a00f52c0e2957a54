"""The shortest ways to make a questionnaire, to answer one and to file it, for these tests."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from mappings.authorship import Authorship
from mappings.questionnaire.catalogue import Instrument, instrument
from mappings.questionnaire.definition import Definition, read_definition
from mappings.questionnaire.entry import AssessmentEntry, read
from mappings.questionnaire.field import field_of
from mappings.questionnaire.task import assessment_task
from tests.mappings.charts import NOW

FORM = UUID("5d0f4c3e-0000-4000-8000-000000000001")
AUTHOR = Authorship("p1", "Gloria Reyes", "Practitioner/nurse", "Dana Whitfield, RN", None, None, NOW)
FREQUENCY = ("LA6568-5", "LA6569-3", "LA6570-1", "LA6571-9")
NINE = (*("44250-9", "44255-8", "44259-0", "44254-1", "44251-7", "44258-2", "44252-5", "44253-3", "44260-8"),)


def named(name: str) -> Instrument:
    """An instrument that is there."""
    found = instrument(name)
    assert found is not None
    return found


def of(*items: dict[str, Any], **more: Any) -> Definition:
    """A definition made of these items."""
    return read_definition(
        {"resourceType": "Questionnaire", "url": "https://example.org/q", "title": "Q", "item": items, **more}
    )


def phq(*weights: int | None) -> dict[str, tuple[str, ...]]:
    """The form of a PHQ-2 or PHQ-9 by the weights of its answers; None leaves a question open."""
    given = zip(NINE, weights, strict=False)
    return {field_of(link): (FREQUENCY[weight],) for link, weight in given if weight is not None}


def entry(name: str, values: dict[str, tuple[str, ...]], *, partial: bool = False) -> AssessmentEntry:
    """The entry of a form that must not be refused."""
    submitted = read(named(name), values, now=NOW, partial=partial)
    assert submitted.errors == {}
    assert submitted.entry is not None
    return submitted.entry


def filed(
    name: str, values: dict[str, tuple[str, ...]], *, partial: bool = False, **more: Any
) -> dict[str, Any]:
    """The Task of such a form."""
    author = more.pop("author", AUTHOR)
    return assessment_task(entry(name, values, partial=partial), author, more.pop("form_id", FORM), **more)


ANSWERED: dict[str, dict[str, tuple[str, ...]]] = {
    "phq-2": phq(2, 1),
    "phq-9": {**phq(2, 1, 1, 2, 0, 1, 1, 0, 1), "q-69722-7": ("LA6573-5",)},
    "hunger": {"q-88122-7": ("LA6729-3",), "q-88123-5": ("LA28398-8",)},
    "housing": {
        "q-steady-home": ("home-at-risk",),
        "q-home-problems": ("home-damp-pests", "home-access"),
        "q-housing-bills": ("no",),
    },
    "transportation": {
        "q-ride-medical": ("yes",),
        "q-ride-daily": ("no",),
        "q-usual-ride-other": ("Her neighbor’s truck; on Tuesdays",),
    },
    "safety": {
        "q-safe-home": ("safe-not-always",),
        "q-hurt-threatened": ("no",),
        "q-someone-to-call": ("has-somebody",),
        "q-safety-words": ("“He shouts” — at night",),
    },
    "falls": {
        "q-unsteady": ("no",),
        "q-worried": ("yes",),
        "q-fallen": ("yes",),
        "q-fall-count": ("2",),
        "q-fall-hurt": ("no",),
    },
    "health-literacy": {"q-help-reading": ("sometimes",)},
    "function": {
        **{f"q-do-{name}": ("alone",) for name in ("bathing", "dressing", "toileting", "moving", "eating")},
        "q-do-continence": ("some-help",),
        **{f"q-do-{name}": ("alone",) for name in ("phone", "cooking", "medicines", "money", "laundry")},
        **{f"q-do-{name}": ("full-help",) for name in ("shopping", "housework", "travel")},
        "q-helpers": ("Daughter: shopping\nNeighbor | rides",),
        "q-equipment": ("cane", "glasses"),
        "q-equipment-other": ("Reacher",),
    },
}
"""One filled-in form of each instrument that the guides name."""
