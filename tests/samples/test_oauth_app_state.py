"""App state: kept, found, changed and deleted by the app and the person whose it is, and by nobody else."""

from __future__ import annotations

import sqlite3
import threading

import orjson
import pytest

from tests.samples.oauth_world import EHR, FHIR, World

SYSTEM = "https://chartside.example"
CODE = f"{SYSTEM}|display"
NURSE, PHYSICIAN, ADA, BEN = (
    f"{FHIR}/{reference}"
    for reference in ("Practitioner/nurse", "Practitioner/physician", "Patient/ada", "Patient/ben")
)
SCOPE = "launch openid fhirUser user/Basic.cuds patient/Basic.cuds"
FHIR_JSON = {"content_type": "application/fhir+json"}


def state(subject=NURSE, text="large", code="display", **changes):
    body = {
        "resourceType": "Basic",
        "code": {"coding": [{"system": SYSTEM, "code": code}]},
        "extension": [{"url": f"{SYSTEM}/v1", "valueString": text}],
    }
    if subject:
        body["subject"] = {"reference": subject}
    return {**body, **changes}


class AppState:
    """The endpoint, called with one token."""

    def __init__(self, world, scope=SCOPE, *, client_id="chartside", **launch):
        launched = world.launch(client_id, **launch)
        self.token = world.tokens(client_id=client_id, launch=launched, scope=scope)["access_token"]
        self.world = world

    def call(self, method, path="", body=None, *, if_match=None, **options):
        headers = {"Authorization": f"Bearer {self.token}"}
        if if_match is not None:
            headers["If-Match"] = if_match
        data = body if isinstance(body, bytes | None) else orjson.dumps(body)
        return self.world.browser.open(
            f"/appstate/Basic{path}",
            method=method,
            base_url=EHR,
            data=data,
            headers=headers,
            **{**FHIR_JSON, **options},
        )

    def add(self, body):
        return self.call("POST", body=body)

    def find(self, subject=NURSE, code=CODE):
        where = {"subject": subject} if subject else {"subject:missing": "true"}
        answer = self.call("GET", query_string={"code": code, **where})
        assert answer.status_code == 200, answer.text
        return [entry["resource"] for entry in answer.get_json(force=True).get("entry", [])]


def said(answer):
    return answer.get_json(force=True)


@pytest.fixture(scope="module")
def shared_world(tmp_path_factory):
    return World(tmp_path_factory.mktemp("ehr"))


@pytest.fixture
def world(shared_world):
    """The practice with no app state in it."""
    with sqlite3.connect(shared_world.state_dir / "oauth.sqlite") as connection:
        connection.execute("DELETE FROM app_state")
    connection.close()
    return shared_world


@pytest.fixture
def app(world):
    return AppState(world)


def test_discovery_names_the_endpoint_and_the_capability(shared_world):
    told = shared_world.get("/fhir/.well-known/smart-configuration").json
    assert "smart-app-state" in told["capabilities"]
    assert told["associated_endpoints"] == [{"url": f"{EHR}/appstate", "capabilities": ["smart-app-state"]}]


def test_an_ehr_without_it_names_nothing_and_has_no_such_address(tmp_path):
    world = World(tmp_path, settings={"persona": "oracle"})
    told = world.get("/fhir/.well-known/smart-configuration").json
    assert "smart-app-state" not in told["capabilities"]
    assert "associated_endpoints" not in told
    assert world.get("/appstate/Basic").status_code == 404


def test_a_state_is_kept_found_changed_and_deleted(app):
    made = app.add(state())
    assert made.status_code == 201
    kept = said(made)
    assert made.headers["ETag"] == f'W/"{kept["meta"]["versionId"]}"'
    assert made.headers["Location"] == f"{EHR}/appstate/Basic/{kept['id']}"
    assert kept["extension"] == state()["extension"]
    assert app.find() == [kept]
    changed = app.call(
        "PUT", f"/{kept['id']}", {**kept, **state(text="small")}, if_match=made.headers["ETag"]
    )
    assert changed.status_code == 200
    assert said(changed)["extension"][0]["valueString"] == "small"
    assert changed.headers["ETag"] != made.headers["ETag"]
    assert app.find() == [said(changed)]
    ended = app.call("DELETE", f"/{kept['id']}", if_match=changed.headers["ETag"])
    assert ended.status_code == 204
    assert app.find() == []


def test_it_outlives_a_restart(world, app):
    app.add(state())
    again = AppState(World(world.state_dir, world.clock))
    assert [each["extension"][0]["valueString"] for each in again.find()] == ["large"]


@pytest.mark.parametrize("if_match", [None, "", "1", '"1"', "*", 'W/""', 'W/"2"', 'W/"one"', 'W/"1'])
def test_a_change_without_the_present_version_is_refused(app, if_match):
    kept = said(app.add(state()))
    for answer in (
        app.call("PUT", f"/{kept['id']}", {**kept, **state(text="small")}, if_match=if_match),
        app.call("DELETE", f"/{kept['id']}", if_match=if_match),
    ):
        assert answer.status_code == 412
        assert said(answer)["resourceType"] == "OperationOutcome"
    assert app.find() == [kept]


def test_after_a_deletion_the_id_is_a_failed_precondition(app):
    kept = said(app.add(state()))
    app.call("DELETE", f"/{kept['id']}", if_match='W/"1"')
    assert app.call("DELETE", f"/{kept['id']}", if_match='W/"1"').status_code == 412
    assert app.call("PUT", f"/{kept['id']}", kept, if_match='W/"1"').status_code == 412
    assert app.call("PUT", "/never-was", {**kept, "id": "never-was"}, if_match='W/"1"').status_code == 412


@pytest.mark.parametrize(
    "change", [{"subject": {"reference": ADA}}, {"code": {"coding": [{"system": "s", "code": "c"}]}}]
)
def test_subject_and_code_never_change(app, change):
    kept = said(app.add(state()))
    assert app.call("PUT", f"/{kept['id']}", {**kept, **change}, if_match='W/"1"').status_code == 412
    assert app.find() == [kept]


def test_the_id_of_the_body_is_that_of_the_address(app):
    kept = said(app.add(state()))
    for wrong in ({**kept, "id": "other"}, {name: value for name, value in kept.items() if name != "id"}):
        assert app.call("PUT", f"/{kept['id']}", wrong, if_match='W/"1"').status_code == 400


def test_two_changes_of_one_version_are_one_change(app):
    kept, answers = said(app.add(state())), []

    def change(number):
        answers.append(
            app.call("PUT", f"/{kept['id']}", {**kept, **state(text=f"{number}")}, if_match='W/"1"')
        )

    threads = [threading.Thread(target=change, args=(number,)) for number in range(6)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(answer.status_code for answer in answers) == [200, 412, 412, 412, 412, 412]


def test_256_kb_are_kept_and_one_byte_more_is_not(app):
    room = 256 * 1024 - len(orjson.dumps(state(ADA, text="")))
    over = app.add(state(ADA, text="x" * (room + 1)))
    assert over.status_code == 413
    assert said(over)["issue"][0]["code"] == "too-long"
    assert app.find(ADA) == []
    assert app.add(state(ADA, text="x" * room)).status_code == 201


def test_a_body_that_does_not_tell_its_length_is_measured(app):
    from io import BytesIO

    big = orjson.dumps(state(text="x" * 300_000))
    answer = app.call(
        "POST",
        input_stream=BytesIO(big),
        environ_overrides={"wsgi.input_terminated": True, "CONTENT_LENGTH": ""},
    )
    assert answer.status_code == 413


@pytest.mark.parametrize(
    "change",
    [
        {"id": "mine"},
        {"meta": {"versionId": "7"}},
        {"meta": "x"},
        {"text": {"status": "generated", "div": "<div/>"}},
        {"contained": []},
        {"code": None},
        {"code": {"coding": []}},
        {"code": {"text": "display"}},
        {"code": {"coding": [{"system": "a", "code": "b"}, {"system": "a", "code": "c"}]}},
        {"code": {"coding": [{"code": "display"}]}},
        {"code": {"coding": [{"system": "a|b", "code": "c"}]}},
        {"extension": [{"url": "u", "valueInteger": 1}]},
        {"extension": [{"url": "u", "valueString": "x", "valueInteger": 1}]},
        {"extension": [{"url": "u", "extension": []}]},
        {"extension": {"url": "u", "valueString": "x"}},
        {"subject": {"reference": "Practitioner/nurse"}},
        {"subject": {"reference": "https://evil.example/fhir/Practitioner/nurse"}},
        {"subject": {"reference": f"{FHIR}/Group/1"}},
        {"subject": {"reference": f"{FHIR}/Practitioner/nurse/../manager"}},
        {"subject": {"identifier": {"value": "nurse"}}},
        {"subject": [NURSE]},
        {"resourceType": "Observation"},
    ],
)
def test_what_cannot_be_kept_whole_is_refused(shared_world, change):
    answer = AppState(shared_world).add(state(**change))
    assert answer.status_code in (400, 422)
    assert said(answer)["resourceType"] == "OperationOutcome"


@pytest.mark.parametrize(
    ("body", "kind"), [(b"{", "application/fhir+json"), (b"[]", "application/json"), (b"{}", "text/plain")]
)
def test_what_is_no_fhir_json_is_refused(shared_world, body, kind):
    assert AppState(shared_world).call("POST", body=body, content_type=kind).status_code == 400


def test_there_is_one_state_for_each_code_and_subject(app):
    assert app.add(state()).status_code == 201
    assert app.add(state(text="again")).status_code == 409
    assert app.add(state(code="other")).status_code == 201
    assert app.add(state(subject=ADA)).status_code == 201


def test_a_person_keeps_their_own_and_not_another_persons(world):
    nurse, physician = AppState(world), AppState(world, user="physician")
    kept = said(nurse.add(state()))
    assert physician.add(state(subject=NURSE)).status_code == 403
    assert physician.call("GET", query_string={"code": CODE, "subject": NURSE}).status_code == 403
    assert physician.call("PUT", f"/{kept['id']}", kept, if_match='W/"1"').status_code == 403
    assert physician.call("DELETE", f"/{kept['id']}", if_match='W/"1"').status_code == 403
    assert physician.find(PHYSICIAN) == []
    assert nurse.find() == [kept]


def test_a_patients_state_is_reached_from_that_patients_chart_alone(world):
    in_ada = AppState(world)
    kept = said(in_ada.add(state(subject=ADA)))
    in_ben = AppState(world, patient="ben")
    nowhere = AppState(world, patient="", scope="launch openid user/Basic.cuds")
    for other in (in_ben, nowhere):
        assert other.call("GET", query_string={"code": CODE, "subject": ADA}).status_code == 403
        assert other.call("DELETE", f"/{kept['id']}", if_match='W/"1"').status_code == 403
    assert in_ada.add(state(subject=BEN)).status_code == 403


def test_what_one_app_keeps_no_other_app_sees(world):
    first, second = AppState(world), AppState(world, client_id="chartside-symmetric")
    kept = said(first.add(state()))
    assert second.find() == []
    assert second.call("PUT", f"/{kept['id']}", kept, if_match='W/"1"').status_code == 412
    assert second.call("DELETE", f"/{kept['id']}", if_match='W/"1"').status_code == 412
    assert second.add(state(text="theirs")).status_code == 201
    assert first.find() == [kept]


def test_state_of_everybody_is_read_and_written_by_nobody(app):
    assert app.find(subject="") == []
    assert app.add(state(subject="")).status_code == 403


@pytest.mark.parametrize(
    ("scope", "may"),
    [
        ("user/Basic.cuds", {"add", "find", "change", "end"}),
        ("user/*.cruds", {"add", "find", "change", "end"}),
        ("user/Basic.s", {"find"}),
        ("user/Basic.c", {"add"}),
        ("user/Basic.rs", {"find"}),
        ("patient/Basic.cuds", set()),
        ("user/Task.cruds", set()),
        (f"user/Basic.cuds?code={CODE}", {"add", "find", "change", "end"}),
        (f"user/Basic.cuds?code={SYSTEM}|other", set()),
        (f"user/Basic.s?code={CODE}", {"find"}),
    ],
)
def test_a_token_does_what_its_scopes_say(world, scope, may):
    whole = AppState(world)
    kept = said(whole.add(state()))
    whole.add(state(subject=ADA))
    narrow = AppState(world, scope=f"launch openid {scope}")
    tried = {
        "find": narrow.call("GET", query_string={"code": CODE, "subject": NURSE}),
        "change": narrow.call("PUT", f"/{kept['id']}", kept, if_match='W/"1"'),
        "end": narrow.call("DELETE", f"/{kept['id']}", if_match='W/"2"' if "change" in may else 'W/"1"'),
        "add": narrow.add(state()),
    }
    refused = {name for name, answer in tried.items() if answer.status_code == 403}
    assert refused == set(tried) - may


def test_the_practice_manager_keeps_settings_and_still_writes_no_record(world):
    manager = AppState(world, user="manager", scope="launch openid user/Basic.cuds user/*.cruds")
    assert manager.add(state(subject=f"{FHIR}/Practitioner/manager")).status_code == 201
    access = world.sandbox.access_for_token(manager.token)
    assert not access.allows("Basic", "c")
    assert not access.allows("Task", "c")
    assert access.allows("Basic", "r")


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer made-up"}, {"Authorization": "Basic a"}])
def test_without_a_good_token_nothing_is_told(shared_world, header):
    answer = shared_world.browser.get("/appstate/Basic", base_url=EHR, headers=header)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_an_expired_and_a_refresh_token_open_nothing(world):
    app = AppState(world, scope=f"{SCOPE} online_access")
    tokens = world.tokens(scope=f"{SCOPE} online_access")
    app.token = tokens["refresh_token"]
    assert app.add(state()).status_code == 401
    app.token = tokens["access_token"]
    world.clock.forward(3600)
    assert app.add(state()).status_code == 401
    world.clock.forward(-3600)


def test_a_backend_service_has_no_app_state(world):
    app = AppState(world)
    app.token = world.system_token().json["access_token"]
    assert app.add(state()).status_code == 403
    assert app.call("GET", query_string={"code": CODE, "subject": NURSE}).status_code == 403


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"code": CODE},
        {"subject": NURSE},
        {"code": "display", "subject": NURSE},
        {"code": CODE, "subject": NURSE, "subject:missing": "true"},
        {"code": CODE, "subject:missing": "false"},
        {"code": CODE, "subject": NURSE, "_include": "Basic:subject"},
        {"code": [CODE, "a|b"], "subject": NURSE},
    ],
)
def test_a_search_names_code_and_subject_exactly(shared_world, query):
    assert AppState(shared_world).call("GET", query_string=query).status_code == 400


def test_app_state_is_not_among_the_records(world, app):
    app.add(state(subject=ADA))
    assert world.sandbox.store.search("Basic").total == 0
