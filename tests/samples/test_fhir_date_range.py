"""FHIR dates as ranges, and searches by date held against a plain comparison of those ranges."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from samples.fhir.date_range import DateRange, NotADate, microseconds, parse_date
from samples.fhir.store import Store
from tests.samples.conftest import FHIR_BASE, observation

NEW_YORK = ZoneInfo("America/New_York")


def at(*parts: int) -> int:
    return microseconds(datetime(*parts, tzinfo=UTC))


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("2019", at(2019, 1, 1, 5), at(2020, 1, 1, 5)),
        ("2019-12", at(2019, 12, 1, 5), at(2020, 1, 1, 5)),
        ("2019-03-10", at(2019, 3, 10, 5), at(2019, 3, 11, 4)),  # summer time begins: a day of 23 hours
        ("2020-02-29", at(2020, 2, 29, 5), at(2020, 3, 1, 5)),
        ("2019-03-31T10:00Z", at(2019, 3, 31, 10), at(2019, 3, 31, 10, 1)),
        ("2019-03-31T10:00:00Z", at(2019, 3, 31, 10), at(2019, 3, 31, 10, 0, 1)),
        ("2019-03-31T10:00:00.5Z", at(2019, 3, 31, 10) + 500_000, at(2019, 3, 31, 10) + 600_000),
        ("2019-03-31T10:00:00.123+02:00", at(2019, 3, 31, 8) + 123_000, at(2019, 3, 31, 8) + 124_000),
        ("2019-03-31T10:00:00.123456789Z", at(2019, 3, 31, 10) + 123_456, at(2019, 3, 31, 10) + 123_457),
        ("2016-12-31T23:59:60Z", at(2016, 12, 31, 23, 59, 59), at(2017, 1, 1)),
        ("2019-07-04T00:00:00", at(2019, 7, 4, 4), at(2019, 7, 4, 4, 0, 1)),
        ("9999", at(9999, 1, 1, 5), 2**62),
        ("9999-12", at(9999, 12, 1, 5), 2**62),
        ("9999-12-31", at(9999, 12, 31, 5), 2**62),
    ],
)
def test_a_date_covers_the_time_that_its_precision_says(text: str, low: int, high: int) -> None:
    assert parse_date(text, NEW_YORK) == DateRange(low, high)


@pytest.mark.parametrize(
    "text",
    ["", "yesterday", "19", "2019-13", "2019-02-30", "2019-3-1", "0000", "2019-03-31T25:00Z", "2019-03-31T10Z",
     "2019-03-31T10:00:00+99:00", "2019-03-31 10:00", "²⁰¹⁹", "2019-03-31T10:00:00Zjunk"],
)  # fmt: skip
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(NotADate):
        parse_date(text, NEW_YORK)


COMPARISONS: dict[str, Callable[[DateRange, DateRange], bool]] = {
    "eq": lambda v, q: q.low <= v.low and v.high <= q.high,
    "ne": lambda v, q: not (q.low <= v.low and v.high <= q.high),
    "gt": lambda v, q: v.high > q.high,
    "lt": lambda v, q: v.low < q.low,
    "ge": lambda v, q: v.high > q.high or (q.low <= v.low and v.high <= q.high),
    "le": lambda v, q: v.low < q.low or (q.low <= v.low and v.high <= q.high),
    "sa": lambda v, q: v.low >= q.high,
    "eb": lambda v, q: v.high <= q.low,
}
"""R4's words about each prefix, as a comparison of the data's range with the search's."""

DATES = st.one_of(
    st.dates(min_value=datetime(2018, 12, 28).date(), max_value=datetime(2019, 2, 3).date()).map(str),  # noqa: DTZ001
    st.sampled_from(["2018", "2019", "2018-12", "2019-01", "2019-02"]),
    st.datetimes(min_value=datetime(2018, 12, 30), max_value=datetime(2019, 1, 3)).map(  # noqa: DTZ001
        lambda moment: moment.replace(microsecond=0).isoformat() + "Z"
    ),
)


@pytest.fixture(scope="module")
def dated_store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    folder: Path = tmp_path_factory.mktemp("dates")
    return Store(folder / "ehr.sqlite", fhir_base=FHIR_BASE, time_zone="America/New_York")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    values=st.lists(DATES, min_size=1, max_size=4), query=DATES, prefix=st.sampled_from(sorted(COMPARISONS))
)
def test_every_prefix_compares_ranges_as_r4_says(
    dated_store: Store, values: list[str], query: str, prefix: str
) -> None:
    dated_store.load(observation(f"o{i}", effectiveDateTime=value) for i, value in enumerate(values))
    wanted = parse_date(query, NEW_YORK)
    expected = {
        f"o{i}" for i, value in enumerate(values) if COMPARISONS[prefix](parse_date(value, NEW_YORK), wanted)
    }

    page = dated_store.search("Observation", [("date", f"{prefix}{query}"), ("_count", "200")])

    among = {f"o{i}" for i in range(len(values))}
    assert {r["id"] for r in page.resources} & among == expected
