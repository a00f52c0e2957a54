"""What an EHR offers: only what its own metadata lists and this launch's scopes grant, and never a guess."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.ehr.capabilities import CACHE_SECONDS, SEARCH, CapabilityCache, Offer, capabilities_from
from smart_launch.errors import DiscoveryError, NotFhirR4, ServerFailed
from smart_launch.scopes import ScopeSet
from tests.app.ehr.chart_server import Answer, metadata, refusal
from tests.app.ehr.conftest import gateway_to

LISTED = capabilities_from(metadata("Task", "Goal", interactions=("read", "search-type", "create", "update")))
ELEMENTS = (
    "rest",
    "mode",
    "resource",
    "type",
    "interaction",
    "code",
    "searchParam",
    "searchInclude",
    "software",
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(ELEMENTS),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@pytest.mark.parametrize(
    ("kind", "interaction", "scopes", "offer"),
    [
        # SMART v1
        ("Task", SEARCH, "patient/Task.read", Offer.YES),
        ("Task", "create", "patient/Task.read", Offer.NOT_GRANTED),
        ("Task", "create", "patient/Task.write", Offer.YES),
        ("Task", "update", "user/Task.write", Offer.YES),
        ("Task", "read", "patient/Task.write", Offer.NOT_GRANTED),
        ("Task", "create", "patient/*.*", Offer.YES),
        ("Task", "create", "patient/Goal.write", Offer.NOT_GRANTED),
        # SMART v2
        ("Task", SEARCH, "patient/Task.rs", Offer.YES),
        ("Task", SEARCH, "patient/Task.r", Offer.NOT_GRANTED),
        ("Task", "read", "patient/Task.s", Offer.NOT_GRANTED),
        ("Task", "create", "patient/Task.cud", Offer.YES),
        ("Task", "update", "patient/Task.cr", Offer.NOT_GRANTED),
        ("Goal", "update", "user/*.cruds", Offer.YES),
        ("Goal", "create", "openid fhirUser launch", Offer.NOT_GRANTED),
        # Granted, but not listed: no offer whatever the scope.
        ("Consent", "create", "patient/*.cruds", Offer.NOT_IN_METADATA),
        ("Task", "delete", "patient/*.cruds", Offer.NOT_IN_METADATA),
        ("Consent", "create", "openid", Offer.NOT_IN_METADATA),
    ],
)
def test_only_what_is_listed_and_granted_is_offered(kind, interaction, scopes, offer):
    assert LISTED.offer(kind, interaction, ScopeSet.parse(scopes)) is offer


@pytest.mark.requirement("client@28")
def test_the_statement_is_read_in_all_its_parts():
    statement = metadata(
        "Task",
        "MedicationRequest",
        conditional=("Task",),
        includes=("MedicationRequest:medication",),
        search=("patient", "_tag"),
        system=("transaction", "batch"),
    )
    read = capabilities_from({**statement, "software": {"name": "Sandbox EHR", "version": "1"}})
    assert read.software == "Sandbox EHR"
    assert read.system == {"transaction", "batch"}
    assert read.of("Task").conditional_create
    assert not read.of("MedicationRequest").conditional_create
    assert read.of("MedicationRequest").includes == {"MedicationRequest:medication"}
    assert read.of("Task").search_parameters == {"patient", "_tag"}


def test_the_server_part_counts_and_a_client_part_does_not():
    client = {"mode": "client", "resource": [{"type": "Task", "interaction": [{"code": "create"}]}]}
    statement = metadata("Goal")
    read = capabilities_from({**statement, "rest": [client, *statement["rest"]]})
    assert read.of("Task").interactions == frozenset()
    assert "create" in read.of("Goal").interactions


@pytest.mark.parametrize(
    "statement",
    [
        {},
        {"rest": None},
        {"rest": {"mode": "server", "resource": [{"type": "Task", "interaction": [{"code": "create"}]}]}},
        {"rest": "server"},
        {"rest": [None, 7, "x"]},
        {"rest": [{"mode": "server"}]},
        {"rest": [{"mode": "server", "resource": "Task"}]},
        {"rest": [{"mode": "server", "resource": [{"interaction": [{"code": "create"}]}]}]},
        {"rest": [{"mode": "server", "resource": [{"type": "Task", "interaction": "create"}]}]},
        {"rest": [{"mode": "server", "resource": [{"type": "Task", "interaction": {"code": "create"}}]}]},
        {"rest": [{"mode": "server", "resource": [{"type": "Task", "interaction": [{"code": ["create"]}]}]}]},
        {"rest": [{"mode": "server", "resource": [{"type": ["Task"], "interaction": [{"code": "create"}]}]}]},
        {"rest": [{"mode": "client", "resource": [{"type": "Task", "interaction": [{"code": "create"}]}]}]},
    ],
)
def test_a_broken_statement_offers_nothing(statement):
    read = capabilities_from(statement)
    assert read.offer("Task", "create", ScopeSet.parse("patient/*.cruds")) is Offer.NOT_IN_METADATA
    assert read.system == frozenset()


@pytest.mark.parametrize("value", [7, True, "Task:focus", {"Task:focus": 1}, [None, 7, {}]])
def test_wrong_types_inside_a_resource_cost_only_themselves(value):
    statement = metadata("Task")
    statement["rest"][0]["resource"][0] |= {
        "searchInclude": value,
        "searchParam": value,
        "conditionalCreate": "true",
    }
    read = capabilities_from({**statement, "software": value}).of("Task")
    assert read.interactions == {"read", "search-type", "create", "update"}
    assert (read.includes, read.conditional_create) == (frozenset(), False)


@given(JSON)
def test_no_json_breaks_the_reading_of_a_statement(value):
    statement = value if isinstance(value, dict) else {"rest": value}
    read = capabilities_from(statement)
    assert read.offer("Task", "create", ScopeSet.parse("patient/*.cruds")) in Offer


class Clock:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def test_the_metadata_is_asked_once_an_hour_by_all_launches_of_an_ehr(ehr):
    clock = Clock()
    cache = CapabilityCache(clock=clock)
    first, second = gateway_to(ehr, cache=cache), gateway_to(ehr, cache=cache)
    assert first.offer("Task", "create") is Offer.YES
    ehr.metadata = metadata("Goal")
    clock.seconds = CACHE_SECONDS - 1
    assert second.offer("Task", "create") is Offer.YES
    assert len(ehr.got("GET metadata")) == 1
    clock.seconds = CACHE_SECONDS
    assert second.offer("Task", "create") is Offer.NOT_IN_METADATA
    assert len(ehr.got("GET metadata")) == 2


def test_what_one_ehr_offers_says_nothing_about_another():
    cache = CapabilityCache(clock=Clock())
    cache.get("https://one.example/fhir", lambda: metadata("Task"))
    other = cache.get("https://two.example/fhir", lambda: metadata("Goal"))
    assert set(other.resources) == {"Goal"}


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (refusal(500), ServerFailed),
        (Answer(body={"resourceType": "Conformance", "fhirVersion": "1.0.2"}), NotFhirR4),
        (Answer(body={**metadata(), "fhirVersion": "3.0.2"}), NotFhirR4),
        (Answer(body={"resourceType": "Patient"}), DiscoveryError),
    ],
)
def test_metadata_that_could_not_be_read_is_asked_again(ehr, gateway, answer, error):
    ehr.reply("GET metadata", answer, Answer(body=metadata("Task")))
    with pytest.raises(error):
        gateway.offer("Task", "create")
    assert gateway.offer("Task", "create") is Offer.YES


@pytest.mark.requirement("client@12")
def test_the_scopes_are_those_granted_to_this_launch(ehr):
    nurse, assistant = gateway_to(ehr), gateway_to(ehr, scopes="launch patient/*.rs patient/Task.cud")
    assert nurse.offer("Consent", "create") is Offer.YES
    assert assistant.offer("Consent", "create") is Offer.NOT_GRANTED
    assert assistant.offer("Task", "create") is Offer.YES
