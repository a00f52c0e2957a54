"""A token endpoint's answer, good, refusing and wrong; and the launch context beside the token."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from smart_launch.errors import InvalidGrant, TokenError, TokenRefused, TokenServerFailed
from smart_launch.http_message import HttpAnswer
from smart_launch.launch_context import ContextItem, LaunchContext, parse_launch_context
from smart_launch.refusals import (
    AssertionReplayed,
    ClientNotAllowed,
    ClientUnproven,
    RegistrationExpired,
    ScopeRefused,
    WrongSecret,
)
from smart_launch.token_response import DEFAULT_LIFETIME, parse_token_response
from tests.smart_launch.conftest import ISS, token_answer


def answer(body: Any, status: int = 200) -> HttpAnswer:
    return HttpAnswer(status, {}, body if isinstance(body, bytes) else orjson.dumps(body))


@pytest.mark.parametrize(
    ("expires_in", "seconds"),
    [
        (300, 300.0),
        ("300", 300.0),
        (299.5, 299.5),
        (0, 0.0),
        (None, DEFAULT_LIFETIME),
        (1e300, 366 * 24 * 3600.0),
    ],
)
def test_the_lifetime_is_read_as_number_or_text(expires_in: Any, seconds: float) -> None:
    assert parse_token_response(answer(token_answer(expires_in=expires_in))).expires_in == seconds


@pytest.mark.requirement("client@8")
@pytest.mark.parametrize("token_type", ["Bearer", "bearer", "BEARER"])
def test_the_token_type_is_bearer_in_any_case(token_type: str) -> None:
    assert parse_token_response(answer(token_answer(token_type=token_type))).access_token == "access-2"


@pytest.mark.requirement("client@8")
@pytest.mark.parametrize(
    "changes",
    [
        {"token_type": "mac"},
        {"token_type": None},
        {"access_token": None},
        {"access_token": ""},
        {"access_token": 7},
        {"access_token": ["a"]},
        {"access_token": "a b"},
        {"access_token": "a\r\nX-Evil: 1"},
        {"access_token": "ä"},
        {"refresh_token": "a\n"},
        {"id_token": {"iss": "x"}},
        {"expires_in": -1},
        {"expires_in": "soon"},
        {"expires_in": "inf"},
        {"expires_in": "nan"},
        {"expires_in": True},
        {"expires_in": [300]},
    ],
)
def test_an_answer_that_is_no_usable_token_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(TokenError) as raised:
        parse_token_response(answer(token_answer(**changes)))
    assert type(raised.value) is TokenError


@pytest.mark.requirement("client@27")
@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (400, {"error": "invalid_grant", "error_description": "secret words"}, InvalidGrant),
        (401, {"error": "invalid_client"}, ClientUnproven),
        (401, {"error": "invalid_client", "error_description": "secret words"}, WrongSecret),
        (401, {"error": "invalid_client", "error_description": "Invalid 'jti'"}, AssertionReplayed),
        (
            401,
            {"error": "invalid_client", "error_description": "Registration token expired"},
            RegistrationExpired,
        ),
        (401, {"error": "invalid_client", "error_description": ["secret words"]}, ClientUnproven),
        (400, {"error": "unauthorized_client"}, ClientNotAllowed),
        (400, {"error": "unsupported_grant_type"}, ClientNotAllowed),
        (400, {"error": "invalid_scope"}, ScopeRefused),
        (400, {"error": "invalid_request"}, TokenRefused),
        (400, {"error": "<b>no</b>"}, TokenRefused),
        (400, {"error": ["x"]}, TokenRefused),
        (400, b"", TokenRefused),
        (404, b"<html>", TokenRefused),
        (429, b"", TokenServerFailed),
        (500, {"error": "invalid_grant"}, TokenServerFailed),
        (503, b"<html>", TokenServerFailed),
        (302, b"", TokenServerFailed),
        (200, b"<html>", TokenServerFailed),
        (200, b'{"access_token": "tr', TokenServerFailed),
        (200, b"[]", TokenServerFailed),
        (204, b"", TokenServerFailed),
    ],
)
def test_a_refusal_is_named_by_the_standard_and_quotes_nothing(
    status: int, body: Any, error: type[TokenError]
) -> None:
    with pytest.raises(TokenError) as raised:
        parse_token_response(answer(body, status))
    assert type(raised.value) is error
    assert "secret words" not in str(raised.value)
    assert "<b>" not in str(raised.value)


def test_an_answer_beyond_the_limit_is_no_token() -> None:
    with pytest.raises(TokenServerFailed):
        parse_token_response(HttpAnswer(200, {}, orjson.dumps(token_answer()), cut=True))


@pytest.mark.requirement("client@21", "client@22")
def test_the_launch_context_is_kept_whole() -> None:
    context = parse_launch_context(
        token_answer(
            encounter="e1",
            need_patient_banner=False,
            intent="document-contact",
            smart_style_url="https://ehr.example/style.json?v=2",
            tenant="north",
            fhirContext=[
                {"reference": "ImagingStudy/1"},
                {"reference": "List/2", "type": "List", "role": "https://example.org/role/at-home"},
                {"canonical": "https://example.org/Questionnaire/q", "type": "Questionnaire"},
                "Encounter/3",
                7,
            ],
        )
    )
    assert context == LaunchContext(
        patient="p1",
        encounter="e1",
        need_patient_banner=False,
        intent="document-contact",
        smart_style_url="https://ehr.example/style.json?v=2",
        tenant="north",
        fhir_context=(
            ContextItem(reference="ImagingStudy/1", role="launch"),
            ContextItem(reference="List/2", type="List", role="https://example.org/role/at-home"),
            ContextItem(canonical="https://example.org/Questionnaire/q", type="Questionnaire"),
            ContextItem(reference="Encounter/3"),
        ),
    )
    assert LaunchContext.from_json(orjson.loads(orjson.dumps(context.to_json()))) == context


@pytest.mark.requirement("client@19")
@pytest.mark.parametrize(
    ("value", "shown"),
    [(None, True), (True, True), ("true", True), ("x", True), (False, False), ("false", False)],
)
def test_the_banner_is_shown_unless_the_ehr_says_no(value: Any, shown: bool) -> None:
    assert parse_launch_context(token_answer(need_patient_banner=value)).need_patient_banner is shown


@pytest.mark.parametrize(
    ("value", "patient"),
    [("p1", "p1"), ("Patient/p1", "p1"), (17, "17"), ("a-1.E-2", "a-1.E-2"), (None, None), ("", None)],
)
def test_a_patient_is_read_in_the_spellings_in_use(value: Any, patient: str | None) -> None:
    assert parse_launch_context(token_answer(patient=value)).patient == patient


@pytest.mark.parametrize(
    "value",
    [
        "../admin",
        "..",
        ".",
        "a/b",
        "p1?x=1",
        "p1#x",
        "a b",
        "p\n",
        "<b>",
        "ü",
        True,
        1.5,
        ["p1"],
        {},
        "x" * 129,
    ],
)
@pytest.mark.parametrize("name", ["patient", "encounter"])
def test_an_id_that_is_no_id_ends_the_launch(name: str, value: Any) -> None:
    with pytest.raises(TokenError):
        parse_launch_context(token_answer(**{name: value}))


@pytest.mark.requirement("client@20")
@pytest.mark.parametrize(
    "value", ["http://ehr.example/s.json", "javascript:alert(1)", "/s.json", 7, "https://a@b/s"]
)
def test_an_unsafe_style_address_counts_as_none(value: Any) -> None:
    assert parse_launch_context(token_answer(smart_style_url=value)).smart_style_url is None


@pytest.mark.requirement("client@20")
@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.9.9.9", "[::1]", "ehr.localhost"])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_an_ehr_elsewhere_has_no_look_on_this_machine(scheme: str, host: str) -> None:
    """Else each launch could have this server call up whatever listens on it."""
    body = token_answer(smart_style_url=f"{scheme}://{host}:6379/s.json")
    assert parse_launch_context(body, iss=ISS).smart_style_url is None
    assert parse_launch_context(body).smart_style_url is None
    here = parse_launch_context(body, iss="http://localhost:8081/fhir")
    assert here.smart_style_url == f"{scheme}://{host}:6379/s.json"


@given(
    st.dictionaries(
        st.sampled_from(["intent", "tenant", "fhirContext", "need_patient_banner", "smart_style_url"]),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(max_size=20),
            lambda inner: (
                st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
            ),
            max_leaves=6,
        ),
    )
)
def test_any_json_beside_the_ids_is_read_without_failing(body: dict[str, Any]) -> None:
    context = parse_launch_context(body)
    assert LaunchContext.from_json(context.to_json()) == context


@pytest.mark.requirement("client@23")
@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ('{"page": "contact"}', '{"page": "contact"}'),
        ({"page": "contact"}, '{"page": "contact"}'),
        ("anything at all", "anything at all"),
        ("x" * 4096, "x" * 4096),
        ("x" * 4097, None),
        ({"page": "x" * 4096}, None),
        ("", None),
        (7, None),
        (["contact"], None),
        (None, None),
    ],
)
def test_the_apps_own_context_is_kept_as_text_of_a_sane_length(value: Any, kept: str | None) -> None:
    context = parse_launch_context(token_answer(appContext=value))
    assert context.app_context == kept
    assert LaunchContext.from_json(orjson.loads(orjson.dumps(context.to_json()))) == context
