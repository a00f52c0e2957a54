"""A FHIR server's answers: statuses, broken bodies, and what a write says it did."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from smart_launch import errors
from smart_launch.fhir_answer import WriteResult, raise_for_status, resource_of, write_result
from smart_launch.http_message import HttpAnswer
from smart_launch.outcome import IssueCoding, OutcomeIssue, parse_outcome

FHIR = {"content-type": "application/fhir+json; charset=utf-8"}
TASK = {"resourceType": "Task", "id": "t1", "meta": {"versionId": "3"}}


def answer(status: int = 200, body: Any = b"", **headers: str) -> HttpAnswer:
    content = body if isinstance(body, bytes) else orjson.dumps(body)
    return HttpAnswer(
        status, {**FHIR, **{name.replace("_", "-"): value for name, value in headers.items()}}, content
    )


@pytest.mark.parametrize(
    ("status", "error", "may_have_acted"),
    [
        (301, errors.NotFhir, True),
        (302, errors.NotFhir, True),
        (400, errors.Rejected, False),
        (401, errors.Unauthorized, False),
        (403, errors.Forbidden, False),
        (404, errors.NotFound, False),
        (405, errors.NotSupported, False),
        (406, errors.Rejected, False),
        (409, errors.Conflict, False),
        (410, errors.Gone, False),
        (412, errors.Conflict, False),
        (415, errors.Rejected, False),
        (422, errors.Rejected, False),
        (429, errors.TooManyRequests, False),
        (500, errors.ServerFailed, True),
        (501, errors.NotSupported, False),
        (503, errors.ServerFailed, True),
        (599, errors.ServerFailed, True),
    ],
)
def test_every_status_has_its_error_and_says_whether_a_write_may_be_done(
    status: int, error: type[errors.FhirError], may_have_acted: bool
) -> None:
    with pytest.raises(errors.FhirError) as raised:
        raise_for_status(answer(status))
    assert type(raised.value) is error
    assert raised.value.status == status
    assert raised.value.may_have_acted is may_have_acted
    assert raised.value.page_reason.endswith(".")


@pytest.mark.requirement("client@27")
@pytest.mark.parametrize(
    ("body", "header", "error"),
    [
        (b"Token expired (simulated error)", "Bearer", errors.TokenExpired),
        (
            b"",
            'Bearer error="invalid_token", error_description="The access token expired"',
            errors.TokenExpired,
        ),
        (b"Invalid token (simulated error)", "Bearer", errors.Unauthorized),
        (b"x" * 5_000 + b"expired", 'Bearer error="invalid_token"', errors.Unauthorized),
    ],
)
def test_an_expired_token_is_told_from_a_refused_one_and_its_words_go_no_further(
    body: bytes, header: str, error: type[errors.FhirError]
) -> None:
    with pytest.raises(errors.Unauthorized) as raised:
        raise_for_status(answer(401, body, www_authenticate=header))
    assert type(raised.value) is error
    assert "expired" not in str(raised.value)


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_a_success_raises_nothing(status: int) -> None:
    raise_for_status(answer(status))


@pytest.mark.requirement("client@31")
def test_an_operation_outcome_is_read_by_its_codes_and_its_words_stay_out_of_the_text() -> None:
    outcome = {
        "resourceType": "OperationOutcome",
        "issue": [
            {
                "severity": "error",
                "code": "required",
                "details": {
                    "coding": [{"code": "59108"}, {"code": 7}, "x"],
                    "text": "Anna Nowak needs a category",
                },
                "diagnostics": "internal",
                "expression": ["Bundle.entry[0]"],
            },
            {"severity": "fatal", "code": "not a code <b>", "diagnostics": "Anna Nowak"},
            "not an issue",
        ],
    }
    with pytest.raises(errors.Rejected) as raised:
        raise_for_status(answer(400, outcome))
    first, second = raised.value.outcome
    assert first == OutcomeIssue(
        "error", "required", (IssueCoding("", "59108"),), "Anna Nowak needs a category", ("Bundle.entry[0]",)
    )
    assert (second.severity, second.code, second.text) == ("fatal", "", "Anna Nowak")
    assert "required" in str(raised.value)
    assert "Nowak" not in str(raised.value) + repr(raised.value) + repr(raised.value.outcome)


@given(
    st.dictionaries(
        st.sampled_from(["issue", "resourceType"]), st.text() | st.lists(st.integers() | st.none())
    )
)
def test_any_json_in_place_of_an_outcome_is_read_without_failing(body: dict[str, Any]) -> None:
    assert isinstance(parse_outcome({"resourceType": "OperationOutcome", **body}), tuple)


@pytest.mark.parametrize(
    "content_type", ["application/fhir+json", "application/json", "application/json+fhir", "", "TEXT/PLAIN"]
)
def test_a_resource_is_read_from_every_json_type_in_use(content_type: str) -> None:
    assert resource_of(answer(200, TASK, content_type=content_type)) == TASK


NOT_FHIR: dict[str, HttpAnswer] = {
    "a login page": answer(200, b"<html>Sign in</html>", content_type="text/html"),
    "a login page named JSON": answer(200, b"<html>Sign in</html>"),
    "JSON named HTML": answer(200, TASK, content_type="text/html; charset=utf-8"),
    "XML": answer(200, b"<Task xmlns='http://hl7.org/fhir'/>", content_type="application/fhir+xml"),
    "truncated JSON": answer(200, b'{"resourceType": "Task", "id"'),
    "nothing": answer(200, b""),
    "a list": answer(200, [TASK]),
    "a word": answer(200, b"OK"),
    "null": answer(200, b"null"),
    "no resource type": answer(200, {"id": "t1"}),
    "a resource type that is a number": answer(200, {"resourceType": 7}),
    "bytes that are no text": answer(200, b'{"resourceType": "\xff"}'),
    "very deep nesting": answer(200, b"[" * 100_000),
}


@pytest.mark.parametrize("case", NOT_FHIR, ids=str)
def test_what_is_not_fhir_is_called_so(case: str) -> None:
    with pytest.raises(errors.NotFhir) as raised:
        resource_of(NOT_FHIR[case])
    assert raised.value.may_have_acted, "after a write, one must look"


def test_an_answer_cut_at_the_limit_is_too_large() -> None:
    with pytest.raises(errors.TooLarge):
        resource_of(HttpAnswer(200, FHIR, b'{"resourceType": "Bundle"}', cut=True))


@pytest.mark.requirement("client@44")
@pytest.mark.parametrize(
    ("body", "headers", "result"),
    [
        (TASK, {}, (TASK, "t1", "3", None)),
        (
            TASK,
            {"location": "https://x/Task/t9/_history/9"},
            (TASK, "t1", "3", "https://x/Task/t9/_history/9"),
        ),
        (
            b"",
            {"location": "https://x/fhir/Task/t1/_history/4"},
            (None, "t1", "4", "https://x/fhir/Task/t1/_history/4"),
        ),
        (b"", {"location": "Task/t1"}, (None, "t1", None, "Task/t1")),
        (b"", {"location": "/_history/1", "etag": 'W/"1"'}, (None, None, "1", "/_history/1")),
        (b"", {"location": "Task/t1", "etag": 'W/"5"'}, (None, "t1", "5", "Task/t1")),
        (b"", {"content_location": "Task/t1/_history/2"}, (None, "t1", "2", "Task/t1/_history/2")),
        (b"", {"location": "https://x/Patient/p1"}, (None, None, None, "https://x/Patient/p1")),
        (b" \n", {"etag": "garbage"}, (None, None, None, None)),
        ({"resourceType": "OperationOutcome"}, {"location": "Task/t1"}, (None, "t1", None, "Task/t1")),
        (
            {"resourceType": "Task", "meta": "x"},
            {},
            ({"resourceType": "Task", "meta": "x"}, None, None, None),
        ),
    ],
)
def test_a_write_result_takes_id_and_version_from_wherever_the_server_says_them(
    body: Any, headers: dict[str, str], result: tuple[Any, ...]
) -> None:
    assert write_result(answer(201, body, **headers), "Task") == WriteResult(*result, status=201)


def test_a_page_of_html_after_a_write_is_no_receipt() -> None:
    with pytest.raises(errors.NotFhir):
        write_result(answer(200, b"<html>", content_type="text/html"), "Task")


def test_a_vendors_code_is_kept_with_its_system_so_that_the_app_can_know_it() -> None:
    """Epic refuses a chart behind Break-the-Glass with a code of its own."""
    system = "urn:oid:1.2.840.114350.1.13.0.1.7.2.657369"
    coding = [{"system": system, "code": "4130", "display": "Anna Nowak's chart is protected"}]
    body = {
        "resourceType": "OperationOutcome",
        "issue": [{"severity": "fatal", "code": "forbidden", "details": {"coding": coding}}],
    }
    with pytest.raises(errors.Forbidden) as raised:
        raise_for_status(answer(403, body))
    (issue,) = raised.value.outcome
    assert issue.details == (IssueCoding(system, "4130"),)
    assert issue.detail_codes == ("4130",)
    assert "Nowak" not in f"{raised.value} {raised.value.outcome!r} {issue.details!r}"


@pytest.mark.parametrize(
    "coding",
    [
        {"code": "Anna Nowak"},
        {"code": "1961-05-04 Nowak"},
        {"code": ""},
        {"code": "x" * 41},
        {"code": "4130\n"},
        {"code": ["4130"]},
        {"code": None},
    ],
)
def test_what_is_no_code_is_not_kept(coding: dict[str, Any]) -> None:
    body = {"resourceType": "OperationOutcome", "issue": [{"details": {"coding": [coding]}}]}
    assert parse_outcome(body)[0].details == ()


@pytest.mark.parametrize("system", ["https://ehr.example/codes?name=Nowak", "Nowak", "urn:oid:1 2", 7, None])
def test_a_system_that_could_hold_a_name_is_left_out_and_the_code_stays(system: Any) -> None:
    body = {
        "resourceType": "OperationOutcome",
        "issue": [{"details": {"coding": [{"system": system, "code": "1"}]}}],
    }
    assert parse_outcome(body)[0].details == (IssueCoding("", "1"),)


def test_an_outcome_without_end_is_cut() -> None:
    coding = [{"code": str(number)} for number in range(1000)]
    issue = {"details": {"coding": coding, "text": "x" * 100_000}, "expression": ["Bundle"] * 1000}
    issues = parse_outcome({"resourceType": "OperationOutcome", "issue": [issue] * 1000})
    assert len(issues) == 100
    assert (len(issues[0].details), len(issues[0].text), len(issues[0].expression)) == (10, 2000, 10)


DATE = "Sat, 21 Nov 2026 15:00:00 GMT"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry_after": "120"}, 120),
        ({"retry_after": " 0 "}, 0),
        ({"retry_after": "9" * 5000}, 3600),
        ({"retry_after": "Sat, 21 Nov 2026 15:02:00 GMT", "date": DATE}, 120),
        ({"retry_after": "Sat, 21 Nov 2026 14:00:00 GMT", "date": DATE}, 0),
        ({"retry_after": "Sat, 21 Nov 2026 15:02:00 GMT"}, None),
        ({"retry_after": "-5"}, None),
        ({"retry_after": "soon", "date": DATE}, None),
        ({"retry_after": "1.5"}, None),
        ({}, None),
    ],
)
def test_how_long_a_busy_ehr_asks_to_wait_is_told(headers: dict[str, str], seconds: int | None) -> None:
    for status in (429, 503):
        with pytest.raises(errors.FhirError) as raised:
            raise_for_status(answer(status, **headers))
        assert raised.value.retry_after == seconds


@given(st.text(max_size=60), st.text(max_size=60))
def test_no_header_of_time_is_too_strange(asked: str, date: str) -> None:
    strange = HttpAnswer(429, {"retry-after": asked, "date": date, "cache-control": asked, "age": date})
    assert strange.retry_after is None or 0 <= strange.retry_after <= 3600
