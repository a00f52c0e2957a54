"""Whatever anybody types into any free-text field, what is filed stays valid, safe and the same words."""

from __future__ import annotations

from collections.abc import Iterable

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from mappings.month import month_view
from mappings.narrative import clean
from mappings.today import today_view
from tests.mappings.charts import NOW
from tests.mappings.shelf import DIABETES, Resource, Shelf, problems_of

TYPED = st.text(min_size=1, max_size=200).filter(lambda text: clean(text).strip())
FEW = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
ALLOWED = {"div", "p", "b", "ul", "li", "br"}
PAYLOADS = (
    "<img src=x onerror=alert(1)>",
    "'; DROP TABLE patients; --",
    "Care management contact. Minutes: 900; Result: Talked",
    "Importance 10/10, confidence 10/10 (2099-01-01)",
    "{{ 7 * 7 }} ${7*7} <%= 7 %>",
    "urn:uuid:00000000-0000-4000-8000-000000000001",
    "\u202eevil\x00\ud800",
    "👩‍⚕️ señora Ñandú 患者",
)


def sound(resources: Iterable[Resource]) -> None:
    """Every resource is valid FHIR, its narrative a closed set of elements without attributes."""
    for resource in resources:
        assert problems_of(resource) == []
        root = etree.fromstring(resource["text"]["div"].encode())
        assert {etree.QName(element).localname for element in root.iter()} <= ALLOWED
        assert not any(element.attrib for element in root.iter())


def whole_story(text: str) -> Shelf:
    shelf = Shelf(DIABETES)
    sound(shelf.consent(agreed_by=["caregiver"], caregiver_name=[text], discussed_by=[text]))
    sound(
        shelf.plan(
            what_matters=[text],
            goal_text=[text],
            goal_words=[text],
            own_measure=[text],
            own_target=[text],
            goal_how=[text],
            to_do_text=[text],
            note=[text],
        )
    )
    goal = shelf.only("Goal")["id"]
    sound(
        shelf.contact(
            next_date=["2026-12-10"], next_text=[text], note=[text], **{f"progress.{goal}": ["better"]}
        )
    )
    sound(
        shelf.contact(
            next_date=[""], no_next_reason=[text], note=[text], start=["08:00"], end=["08:05"], minutes=["5"]
        )
    )
    return shelf


@FEW
@given(TYPED)
def test_any_text_in_every_field_of_every_form_files_valid_safe_records(text: str):
    shelf = whole_story(text)
    view = today_view(shelf.chart(), now=NOW)
    assert view.plan is not None
    assert view.plan.what_matters == " ".join(clean(text).split())
    assert month_view(shelf.chart(), now=NOW).documented == 17
    sound(shelf.close(hand_back_to=[text], note=[text], reason=["other"], outcome=["terminated"]))


@pytest.mark.parametrize("text", PAYLOADS)
def test_what_is_written_to_deceive_stays_words(text: str):
    shelf = whole_story(text)
    assert month_view(shelf.chart(), now=NOW).minutes == 12
    assert [row.minutes for row in today_view(shelf.chart(), now=NOW).contacts.rows] == [12, 5]


@FEW
@given(TYPED)
def test_a_decline_in_any_words_is_valid_and_is_read_back(text: str):
    shelf = Shelf()
    sound(shelf.consent(decision=["decline"], decline_reason=["other"], decline_words=[text]))
    assert today_view(shelf.chart(), now=NOW).consent.state == "declined"


@pytest.mark.parametrize("text", PAYLOADS)
def test_nothing_typed_is_lost_on_the_way_to_the_chart(text: str):
    shelf = whole_story(text)
    filed = orjson.dumps(list(shelf.kept.values())).decode()
    assert orjson.dumps(clean(text).strip()).decode().strip('"') in filed
