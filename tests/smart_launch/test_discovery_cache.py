"""What is remembered of an EHR, for how long, and what never is."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import responses

from smart_launch import discovery_cache
from smart_launch.discovery_cache import DiscoveryCache
from smart_launch.errors import BadIssuer, DiscoveryError, Unreachable
from smart_launch.transport import Http
from tests.smart_launch.conftest import ISS, Clock
from tests.smart_launch.test_discovery import DOCUMENT, WELL_KNOWN


@pytest.fixture
def cache(http: Http, clock: Clock) -> DiscoveryCache:
    return DiscoveryCache(http=http, now=clock)


@pytest.mark.requirement("client@3")
@pytest.mark.parametrize(
    ("cache_control", "seconds"),
    [(None, 300), ("max-age=60", 60), ("max-age=86400", 300), ("public", 300)],
)
def test_it_is_kept_five_minutes_or_as_long_as_the_ehr_allows(
    cache_control: str | None, seconds: int, ehr: responses.RequestsMock, cache: DiscoveryCache, clock: Clock
) -> None:
    headers = {"Cache-Control": cache_control} if cache_control else {}
    ehr.get(WELL_KNOWN, json=DOCUMENT, headers=headers)
    first = cache.configuration(ISS)
    clock.now += seconds - 1
    assert cache.configuration(ISS) is first
    assert len(ehr.calls) == 1
    clock.now += 1
    assert cache.configuration(ISS) == first
    assert len(ehr.calls) == 2


@pytest.mark.parametrize("cache_control", ["no-store", "no-cache", "max-age=0", "max-age=tomorrow"])
def test_what_may_not_be_kept_is_not(
    cache_control: str, ehr: responses.RequestsMock, cache: DiscoveryCache
) -> None:
    ehr.get(WELL_KNOWN, json=DOCUMENT, headers={"Cache-Control": cache_control})
    cache.configuration(ISS)
    cache.configuration(ISS)
    assert len(ehr.calls) == 2


def test_a_failure_is_not_kept(ehr: responses.RequestsMock, cache: DiscoveryCache) -> None:
    with pytest.raises(Unreachable):
        cache.configuration(ISS)
    ehr.get(WELL_KNOWN, status=500)
    with pytest.raises((DiscoveryError, Unreachable)):
        cache.configuration(ISS)
    ehr.replace(responses.GET, WELL_KNOWN, json=DOCUMENT)
    assert cache.configuration(ISS).issuer == ISS


@pytest.mark.requirement("client@2")
def test_a_bad_issuer_is_refused_here_as_well(ehr: responses.RequestsMock, cache: DiscoveryCache) -> None:
    with pytest.raises(BadIssuer):
        cache.configuration("http://ehr.example/fhir")
    assert len(ehr.calls) == 0


def test_a_clock_put_back_keeps_nothing_alive(
    ehr: responses.RequestsMock, cache: DiscoveryCache, clock: Clock
) -> None:
    ehr.get(WELL_KNOWN, json=DOCUMENT)
    cache.configuration(ISS)
    clock.now -= 10_000
    cache.configuration(ISS)
    assert len(ehr.calls) == 2


def test_it_never_grows_past_its_bound_and_drops_the_one_longest_unused(
    ehr: responses.RequestsMock, cache: DiscoveryCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(discovery_cache, "MOST", 2)
    bases = [f"{ISS}/{number}" for number in range(3)]
    for base in bases:
        ehr.get(f"{base}/.well-known/smart-configuration", json=DOCUMENT)
    for base in (bases[0], bases[1], bases[0], bases[2]):
        cache.configuration(base)
    asked = len(ehr.calls)
    cache.configuration(bases[0])
    assert len(ehr.calls) == asked, "still kept"
    cache.configuration(bases[1])
    assert len(ehr.calls) == asked + 1, "dropped"


def test_many_threads_get_the_same_answer(ehr: responses.RequestsMock, cache: DiscoveryCache) -> None:
    ehr.get(WELL_KNOWN, json=DOCUMENT)
    together = threading.Barrier(8)

    def ask() -> str | None:
        together.wait(timeout=10)
        return cache.configuration(ISS).issuer

    with ThreadPoolExecutor(8) as pool:
        assert {future.result() for future in [pool.submit(ask) for _ in range(8)]} == {ISS}
    assert 1 <= len(ehr.calls) <= 8
