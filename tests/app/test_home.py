"""The pages outside any chart."""

from __future__ import annotations

from app.requested_scopes import scope_text
from smart_launch.scopes import ScopeSet


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


def test_every_link_of_the_plain_pages_leads_to_a_page(browser, ehr) -> None:
    import re

    for page in ("/", "/help", "/signed-out", "/nowhere"):
        for address in re.findall(r'<a [^>]*href="(/[^"]*)"', browser.get(page).text):
            assert browser.get(address).status_code in (200, 302), address


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
