"""Whatever a client prefetches, a call ends in cards or in silence: no mapping raises, and every card is whole."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from mappings.cds_cards import cards
from mappings.cds_prefetch import KEYS, chart_of, is_of, lacking
from tests.app.cds_hooks.caller import prefetched
from tests.mappings.charts import NOW
from tests.mappings.shelf import MARGERY
from tests.mappings.test_cds_cards import CHRONIC, enrolled_with_contact, kept, stay

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from(["Bundle", "Task"]),
)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(
                ["resourceType", "entry", "resource", "link", "relation", "total", "id", "status"]
            ),
            inner,
            max_size=4,
        ),
    ),
    max_leaves=8,
)
CANDIDATE = prefetched(MARGERY, [*CHRONIC, stay(1)])
ENROLLED = prefetched(MARGERY, kept(*CHRONIC, stay(1), file=enrolled_with_contact))


def whole(prefetch: Any) -> None:
    """The call, as the service makes it; every card that comes of it can be shown."""
    if lacking(prefetch):
        return
    is_of(prefetch, "p1")
    for card in cards(chart_of(prefetch), now=NOW):
        assert 0 < len(card.summary) < 140
        assert card.indicator in ("info", "warning")
        assert all(isinstance(value, str) and value for value in card.page.values())


@settings(max_examples=40)
@given(st.dictionaries(st.sampled_from(["patient", *KEYS]), ANYTHING, max_size=6))
def test_any_json_as_prefetch_is_borne(prefetch: dict[str, Any]) -> None:
    whole(prefetch)


@settings(max_examples=40)
@given(st.data())
def test_any_element_of_a_prefetch_may_be_something_else(data: st.DataObject) -> None:
    prefetch = copy.deepcopy(data.draw(st.sampled_from([CANDIDATE, ENROLLED])))
    for _ in range(data.draw(st.integers(1, 4))):
        place: Any = prefetch
        while True:
            keys = list(place) if isinstance(place, dict) else list(range(len(place)))
            key = data.draw(st.sampled_from(keys))
            deeper = place[key]
            if isinstance(deeper, dict | list) and deeper and data.draw(st.integers(0, 5)):
                place = deeper
                continue
            place[key] = data.draw(ANYTHING)
            break
    whole(prefetch)
