"""A card's link opens the app at the step that the card is about, and at nothing else that an appContext may say."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.landing import PAGES, STEPS
from mappings.cds_cards import cards
from mappings.cds_prefetch import chart_of
from tests.app.cds_hooks.caller import prefetched
from tests.app.fake_ehr import FakeEhr
from tests.app.test_landing import landed
from tests.mappings.charts import NOW
from tests.mappings.shelf import MARGERY
from tests.mappings.test_cds_cards import CHRONIC, enrolled_with_contact, kept, stay

pytestmark = pytest.mark.requirement("client@56")


def test_every_card_leads_to_a_page_and_a_step_that_the_launch_knows() -> None:
    introduced = kept(*CHRONIC, stay(1), file=enrolled_with_contact)
    for held in ([*CHRONIC, stay(1)], introduced):
        made = cards(chart_of(prefetched(MARGERY, held)), now=NOW)
        assert len(made) == 2
        for card in made:
            page, *_ = card.page.values()
            assert page in PAGES
            assert set(card.page) - {"page"} <= set(STEPS.get(page, {}))


@pytest.mark.parametrize(
    ("told", "page"),
    [
        ({"page": "eligibility"}, ("eligibility", {})),
        ({"page": "introduce"}, ("introduce", {})),
        ({"page": "consent"}, ("consent", {})),
        ({"page": "contact", "discharge": "stay-1"}, ("contact", {"discharge": "stay-1"})),
        ({"page": "contact", "template": "diabetes"}, ("contact", {"template": "diabetes"})),
        # What is not known, or not a plain id, is left out.
        ({"page": "contact", "discharge": "../../x"}, ("contact", {})),
        ({"page": "contact", "discharge": ["stay-1"]}, ("contact", {})),
        ({"page": "contact", "form": "1", "next": "https://evil.example"}, ("contact", {})),
        ({"page": "consent", "discharge": "stay-1"}, ("consent", {})),
        ({"discharge": "stay-1"}, ("today", {})),
        ({"page": "sign-out"}, ("today", {})),
    ],
)
def test_an_app_context_opens_its_step(
    told: Any, page: tuple[str, dict[str, str]], browser: FlaskClient, ehr: FakeEhr
) -> None:
    assert landed(browser, ehr, appContext=json.dumps(told)) == page


def test_an_intent_goes_before_what_a_card_said(browser: FlaskClient, ehr: FakeEhr) -> None:
    told = json.dumps({"page": "contact", "discharge": "stay-1"})
    assert landed(browser, ehr, intent="consent", appContext=told) == ("consent", {})
