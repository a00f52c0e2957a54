"""The page "Simulate a failure": what it lists, switches on and off, and that no other site can press its buttons."""

from __future__ import annotations

import pytest
from lxml import html

from samples.faults import CATALOGUE
from tests.samples.oauth_world import EHR, World


@pytest.fixture(scope="module")
def practice(tmp_path_factory):
    return World(tmp_path_factory.mktemp("ehr"))


@pytest.fixture
def world(practice):
    yield practice
    practice.sandbox.faults.clear()


def page(answer):
    assert answer.status_code == 200, answer.text
    return html.fromstring(answer.text)


def press(world, headers=None, **form):
    return world.browser.post("/simulate", base_url=EHR, data=form, headers=headers or {})


def test_every_failure_is_listed_with_a_button_that_says_which(world):
    shown = page(world.get("/simulate"))
    names = {form.xpath("string(.//input[@name='name']/@value)") for form in shown.forms} - {""}
    assert names == set(CATALOGUE)
    labels = [" ".join(button.text_content().split()) for button in shown.xpath("//button[@value='on']")]
    assert len(set(labels)) == len(labels) == len(CATALOGUE)
    assert "not a real record" in shown.text_content()


def test_a_failure_is_switched_on_seen_and_switched_off(world):
    answer = press(world, name="slow", switch="on", seconds="2.5", times="3", resource_type="Goal")
    assert answer.status_code == 303
    (on,) = world.sandbox.faults.now()
    assert (on.fault.name, on.fault.seconds, on.fault.times, on.fault.resource_type) == (
        "slow",
        2.5,
        3,
        "Goal",
    )
    shown = page(world.get("/simulate"))
    assert "Goal only · 2.5 s · 3 times · happened 0 times" in " ".join(shown.text_content().split())
    press(world, switch="off", number=str(on.number))
    assert world.sandbox.faults.now() == ()


def test_all_are_switched_off_at_once(world):
    for name in ("slow", "token_invalid_jti", "server_error"):
        press(world, name=name, switch="on", times="", seconds="", status="")
    assert len(world.sandbox.faults.now()) == 3
    press(world, switch="off")
    assert world.sandbox.faults.now() == ()


def test_every_page_says_what_is_simulated_now(world):
    assert "Simulate a failure" in world.get("/chart/ada").text
    world.sandbox.faults.set("slow")
    assert "Simulated now: answers come late" in world.get("/").text
    assert "Simulated now: answers come late" in world.get("/chart/ada").text


@pytest.mark.parametrize(
    "form",
    [
        {"name": "slow", "seconds": "long"},
        {"name": "slow", "seconds": "1e999"},
        {"name": "slow", "seconds": "9999"},
        {"name": "server_error", "status": "200"},
        {"name": "<script>"},
        {"name": "token_invalid_jti", "resource_type": "Goal"},
    ],
)
def test_what_cannot_be_switched_on_says_why(world, form):
    answer = press(world, switch="on", **form)
    assert answer.status_code == 400
    assert "Not switched on" in answer.text
    assert "<script>" not in answer.text
    assert world.sandbox.faults.now() == ()


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:8080"])
def test_no_other_site_presses_a_button(world, origin):
    world.sandbox.faults.set("slow")
    for form in ({"name": "server_error", "switch": "on"}, {"switch": "off"}):
        assert press(world, {"Origin": origin}, **form).status_code == 403
    assert [each.fault.name for each in world.sandbox.faults.now()] == ["slow"]


def test_a_browser_at_this_page_may_press(world):
    assert press(world, {"Origin": EHR}, name="slow", switch="on").status_code == 303


def test_a_stranger_is_told_that_there_is_no_such_user(world):
    assert world.get("/simulate", user="nobody").status_code == 404
    assert press(world, user="nobody", name="slow", switch="on").status_code == 403
