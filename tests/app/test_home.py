"""The pages outside any chart."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app import create_app
from app.requested_scopes import scope_text
from smart_launch.scopes import ScopeSet
from smart_launch.transport import Http


def test_the_start_page_offers_each_configured_ehr(browser) -> None:
    text = browser.get("/").text
    assert "Riverbend Family Practice" in text
    assert 'href="/launch/standalone?ehr=hillside"' in text


def test_help_says_how_long_things_are_kept(browser) -> None:
    text = browser.get("/help").text
    assert "72 hours" in text
    assert "30 minutes" in text


def test_a_load_balancer_gets_a_plain_ok(browser) -> None:
    answer = browser.get("/healthz")
    assert (answer.status_code, answer.text, answer.mimetype) == (200, "ok\n", "text/plain")


def test_a_process_whose_store_is_down_is_alive_and_not_ready(app, browser, log_lines) -> None:
    app.extensions["chartside"].store._run("DROP TABLE item", ())
    assert browser.get("/healthz").status_code == 200
    answer = browser.get("/readyz")
    assert answer.status_code == 503
    assert answer.json == {"ready": False, "parts": {"store": "failed", "keys": "ok", "settings": "ok"}}
    assert '"event":"not-ready","error":"StoreDown"' in log_lines()


def test_a_server_that_can_work_is_ready_and_asks_no_ehr(app, browser, ehr) -> None:
    answer = browser.get("/readyz")
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    assert answer.json == {"ready": True, "parts": {"store": "ok", "keys": "ok", "settings": "ok"}}
    assert answer.headers["Cache-Control"] == "no-store"
    assert ehr.received == []
    assert list(app.extensions["chartside"].store.items("readiness")) == []


def with_ehr(settings, clock, ehr, **changes):
    changed = replace(
        settings, ehrs=(replace(settings.ehrs[0], **changes),), keys_folder=settings.state_dir / "keys"
    )
    return changed, create_app(changed, http=Http(adapters={"https://": ehr}), now=clock).test_client()


def test_an_ehr_without_the_key_that_signs_for_it_is_not_ready(settings, clock, ehr) -> None:
    changed, browser = with_ehr(settings, clock, ehr, client_type="asymmetric")
    assert browser.get("/readyz").json["parts"] == {"store": "ok", "keys": "failed", "settings": "ok"}
    changed.key_ring.new("ES384", clock())
    assert browser.get("/readyz").status_code == 200


def test_a_key_file_that_others_may_read_is_not_ready(settings, clock, ehr) -> None:
    changed, browser = with_ehr(settings, clock, ehr)
    changed.key_ring.new("ES384", clock())
    (file,) = changed.keys_dir.glob("*.json")
    file.chmod(0o644)
    clock.pass_by(minutes=2)
    answer = browser.get("/readyz")
    assert (answer.status_code, answer.json["parts"]["keys"]) == (503, "failed")
    assert str(file) not in answer.text


def test_a_file_of_authorities_that_went_is_not_ready(settings, clock, ehr) -> None:
    changed = replace(settings, ca_file=settings.state_dir / "gone.pem")
    app = create_app(changed, http=Http(adapters={"https://": ehr}), now=clock)
    assert app.test_client().get("/readyz").json["parts"] == {
        "store": "ok",
        "keys": "ok",
        "settings": "failed",
    }


def test_every_link_of_the_plain_pages_leads_to_a_page(browser, ehr) -> None:
    import re

    for page in ("/", "/help", "/signed-out", "/nowhere"):
        for address in re.findall(r'<a [^>]*href="(/[^"]*)"', browser.get(page).text):
            assert browser.get(address).status_code in (200, 302), address


@pytest.mark.requirement("client@11")
def test_the_scopes_are_the_same_in_both_spellings_and_never_wild() -> None:
    old, new = ScopeSet.parse(scope_text("v1")), ScopeSet.parse(scope_text("v2"))
    for name, letters in (
        ("Condition", "rs"),
        ("CarePlan", "crus"),
        ("Task", "crus"),
        ("Practitioner", "rs"),
    ):
        for letter in letters:
            assert old.allows(name, letter)
            assert new.allows(name, letter)
    for scopes in (old, new):
        assert not scopes.allows("Condition", "c")
        assert not scopes.allows("Observation", "u")
        assert not scopes.allows("DiagnosticReport", "r")
    assert "d" not in {scope.rsplit(".", 1)[-1][-1] for scope in new.text.split() if "/" in scope}
