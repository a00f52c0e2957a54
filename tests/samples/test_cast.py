"""The cast holds together on every day: it builds, parses, refers to itself, and never happened in the future."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from fhir.resources.R4B import get_fhir_model_class

from samples import cast
from samples.cast import staff
from samples.cast.chart import ZONE, Chart
from samples.cast.wrong_data import GONE

DAYS = [
    pytest.param(date(2024, 2, 29), id="leap day"),
    pytest.param(date(2026, 1, 1), id="1 January"),
    pytest.param(date(2026, 3, 8), id="clocks go forward"),
    pytest.param(date(2026, 3, 9), id="the day after clocks go forward"),
    pytest.param(date(2026, 11, 1), id="clocks go back"),
    pytest.param(date(2026, 11, 2), id="the day after clocks go back"),
    pytest.param(date(2026, 11, 21), id="a Saturday"),
    pytest.param(date(2028, 12, 31), id="31 December of a leap year"),
]
WRONG = "bobby-oshea"

on_every_day = pytest.mark.parametrize("today", DAYS)


def told_on(today: date) -> list[dict[str, Any]]:
    """The whole cast on that day."""
    return list(cast.resources(today=today))


def walk(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every primitive of a resource with the element names that lead to it."""
    if isinstance(value, dict):
        for name, child in value.items():
            yield from walk(child, (*path, name))
    elif isinstance(value, list):
        for child in value:
            yield from walk(child, path)
    else:
        yield path, value


def patient_of(resource: dict[str, Any]) -> str | None:
    """The patient a resource belongs to, by whichever element its type uses."""
    if resource["resourceType"] == "Patient":
        return str(resource["id"])
    for element in ("subject", "patient", "beneficiary", "for", "securityContext"):
        if element in resource:
            return str(resource[element]["reference"]).removeprefix("Patient/")
    for participant in resource.get("participant", ()):
        reference = str(participant.get("actor", {}).get("reference", ""))
        if reference.startswith("Patient/"):
            return reference.removeprefix("Patient/")
    return None


@on_every_day
def test_every_resource_parses_as_r4(today: date) -> None:
    for resource in told_on(today):
        parsed = get_fhir_model_class(resource["resourceType"]).model_validate(resource)
        assert parsed.id == resource["id"]


@on_every_day
def test_ids_are_legal_and_name_one_resource_each(today: date) -> None:
    keys = [(resource["resourceType"], resource["id"]) for resource in told_on(today)]
    assert [key for key, count in Counter(keys).items() if count > 1] == []
    assert [key for key in keys if not re.fullmatch(r"[A-Za-z0-9\-.]{1,64}", key[1])] == []


def test_ids_are_the_same_on_every_day() -> None:
    told = [{(r["resourceType"], r["id"]) for r in told_on(day.values[0])} for day in DAYS]
    assert all(ids == told[0] for ids in told)


def test_the_same_day_is_told_the_same_way_twice() -> None:
    assert told_on(date(2026, 11, 21)) == told_on(date(2026, 11, 21))


@on_every_day
def test_nothing_but_appointments_and_due_dates_lies_ahead(today: date) -> None:
    tomorrow = today + timedelta(days=1)
    ahead = [
        (resource["id"], path, value)
        for resource in told_on(today)
        if resource["resourceType"] != "Appointment"
        for path, value in walk(resource)
        if path[-1] not in ("code", "dueDate")
        and isinstance(value, str)
        and re.fullmatch(r"(19|20)\d\d(-\d\d(-\d\d(T\S+)?)?)?", value)
        and value >= tomorrow.isoformat()
    ]
    assert ahead == []


@on_every_day
def test_a_clock_time_bears_the_offset_of_ohio_on_that_day(today: date) -> None:
    for resource in told_on(today):
        for _, value in walk(resource):
            if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\dT\S+", value):
                moment = datetime.fromisoformat(value)
                assert moment.utcoffset() == moment.astimezone(ZONE).utcoffset()


@on_every_day
def test_the_practice_sees_nobody_on_a_weekend(today: date) -> None:
    starts = [
        datetime.fromisoformat(start)
        for resource in told_on(today)
        if (resource.get("class", {}).get("code") == "AMB" and patient_of(resource) != WRONG)
        or resource["resourceType"] == "Appointment"
        if (start := resource.get("start") or resource["period"]["start"])
    ]
    assert len(starts) > 20
    assert [start for start in starts if start.weekday() >= 5] == []


@pytest.mark.parametrize(
    ("ago", "expected"),
    [(0, -2), (1, 1), (7, 8), (-1, -2), (-3, -3)],
    ids=["today", "friday", "back", "on", "open"],
)
def test_office_days_move_back_in_the_past_and_on_ahead(ago: int, expected: int) -> None:
    saturday = date(2026, 11, 21)
    assert Chart("x", "X", saturday).office(ago) == expected


@on_every_day
def test_every_reference_inside_the_cast_resolves_but_the_deliberate_one(today: date) -> None:
    told = told_on(today)
    known = {f"{resource['resourceType']}/{resource['id']}" for resource in told}
    missing = set()
    for resource in told:
        contained = {f"#{inner['id']}" for inner in resource.get("contained", ())}
        for path, value in walk(resource):
            local = path[-1] == "reference" and not value.startswith("https://")
            if local and value not in known | contained:
                missing.add(value)
    assert missing == {GONE["reference"]}


@on_every_day
def test_each_chart_refers_to_its_own_patient_only(today: date) -> None:
    for resource in told_on(today):
        owner = patient_of(resource)
        if owner is None:
            assert resource["resourceType"] in (
                "Organization",
                "Location",
                "Practitioner",
                "PractitionerRole",
            )
            continue
        assert resource["id"].startswith(owner)
        patients = {v for p, v in walk(resource) if p[-1] == "reference" and v.startswith("Patient/")}
        assert patients <= {f"Patient/{owner}"}


@on_every_day
def test_the_practice_comes_first_and_each_patient_before_their_chart(today: date) -> None:
    seen: list[str] = []
    for resource in told_on(today):
        owner = patient_of(resource)
        if resource["resourceType"] == "Patient":
            seen.append(resource["id"])
        assert owner is None or owner == seen[-1]
    assert tuple(seen) == tuple(story.patient_id for story in cast.STORIES)


def test_every_story_has_words() -> None:
    assert len(cast.STORIES) == 14
    for story in cast.STORIES:
        assert story.title
        assert story.sentence.endswith(".")


def test_the_four_users_and_their_roles_exist() -> None:
    told = {(r["resourceType"], r["id"]): r for r in told_on(date(2026, 11, 21))}
    for user, family in (
        ("nurse", "Whitfield"),
        ("physician", "Alvarez"),
        ("assistant", "Raman"),
        ("manager", "Becker"),
    ):
        assert told["Practitioner", user]["name"][0]["family"] == family
        role = told["PractitionerRole", f"{user}-role"]
        assert role["practitioner"]["reference"] == f"Practitioner/{user}"
        assert role["organization"]["reference"] == "Organization/riverbend"
    assert told["Organization", "riverbend"]["name"] == "Riverbend Family Practice"


@pytest.mark.parametrize(
    ("who", "words"),
    [("nurse", "Dana Whitfield, RN"), ("physician", "Dr Luis Alvarez"), ("manager", "Tom Becker")],
)
def test_staff_are_named_as_people_name_them(who: str, words: str) -> None:
    assert staff.display(who) == words


def test_telephone_numbers_belong_to_nobody_and_record_numbers_are_single() -> None:
    told = told_on(date(2026, 11, 21))
    phones = [
        v
        for r in told
        for p, v in walk(r.get("telecom", []))
        if p[-1] == "value" and v != "call the neighbor"
    ]
    assert phones
    assert [phone for phone in phones if not re.fullmatch(r"\(614\) 555-01\d\d", phone)] == []
    numbers = [r["identifier"][-1]["value"] for r in told if r["resourceType"] == "Patient"]
    assert len(set(numbers)) == len(cast.STORIES)


def test_nothing_in_the_cast_was_written_by_chartside() -> None:
    assert "chartside" not in str(told_on(date(2026, 11, 21))).lower()
