"""Lily Tran: a child with asthma, who was in the emergency room a month ago. Her mother answers the telephone.

A child cannot agree to a service: the RelatedPerson does. Her birthday moves with the years so that she stays nine.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from samples.cast.builders import EMERGENCY, allergy, condition, encounter, immunization, office_visit
from samples.cast.chart import Chart, Resource, Story
from samples.cast.codes import SNOMED, coding, concept, diagnosis
from samples.cast.medicines import ordered
from samples.cast.patient import ASIAN, background, coverage, home, patient, related_person
from samples.cast.readings import HEIGHT, WEIGHT, oxygen, readings

STORY = Story(
    "lily-tran",
    "A child with asthma",
    "Nine years old, emergency room a month ago, rescue inhaler refilled too often; her mother agrees for her.",
)


def resources(today: date) -> Iterator[Resource]:
    """Her chart as it stands today."""
    chart = Chart(STORY.patient_id, "Lily Tran", today)
    yield patient(
        chart,
        name=("Tran", "Lily"),
        gender="female",
        birth_date=chart.day(9 * 365 + 130),
        mrn="RB-100119",
        phone="0119",
        extension=background(ASIAN),
        address=home("3 Willow Court"),
    )
    yield coverage(chart, "ohio-medicaid", "SYN-7700119")
    yield related_person(chart, "mother", ("Tran", "Anh"), ("MTH", "mother"), "0119")
    asthma = diagnosis("Moderate persistent asthma", "195967001", "J45.40")
    yield condition(chart, "asthma", asthma, chart.month(1500))
    cats = concept("Cat dander", coding(SNOMED, "260152009", "Cat dander"))
    yield allergy(chart, "cats", cats, "Wheezing", category=["environment"])
    yield from _visits(chart)
    yield from _medicines(chart)
    yield from readings(chart, "weight", WEIGHT, (380, 24.9), (24, 28.3))
    yield from readings(chart, "height", HEIGHT, (380, 126), (24, 132))
    yield oxygen(chart, 24, 97)


def _visits(chart: Chart) -> Iterator[Resource]:
    yield office_visit(chart, "visit-1", 380, "Asthma", seen_by="second-physician")
    night = (chart.moment(31, "21:15"), chart.moment(31, "23:50"))
    yield encounter(chart, "emergency", EMERGENCY, night, "Asthma attack", seen_by="hospitalist")
    yield office_visit(chart, "visit-2", 24, "After the emergency visit", seen_by="second-physician")
    yield immunization(chart, "mmr", "03", "MMR", 1700)
    yield immunization(chart, "flu", "140", "Influenza, seasonal, injectable, preservative free", 380)


def _medicines(chart: Chart) -> Iterator[Resource]:
    controller = "120 ACTUAT fluticasone propionate 0.044 MG/ACTUAT Metered Dose Inhaler"
    albuterol = "200 ACTUAT albuterol 0.09 MG/ACTUAT Metered Dose Inhaler"
    yield ordered(chart, "controller", controller, "2 puffs twice a day with spacer", 24)
    yield ordered(chart, "rescue", albuterol, "2 puffs when wheezing, before sports", 24)
    for number, ago in enumerate((140, 88, 52), start=1):
        refill = "2 puffs when wheezing"
        yield ordered(chart, f"rescue-refill-{number}", albuterol, refill, ago, status="completed")
