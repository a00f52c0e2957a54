"""The crisis steps are the practice's own words and numbers, wherever they stand."""

from __future__ import annotations

from flask import Flask

from mappings.practice import Practice

OWN = Practice(
    crisis_steps=("Stay on the line.", "Knock at <Dr Alvarez>'s door."),
    crisis_numbers=(("County crisis line", "555 0100"),),
)


def test_the_practices_own_steps_and_numbers_are_shown(app: Flask) -> None:
    with app.test_request_context():
        drawn = app.jinja_env.get_template("crisis/steps.html").module.steps(OWN)
    assert "<li>Stay on the line.</li><li>Knock at &lt;Dr Alvarez&gt;" in drawn
    assert 'County crisis line</span> <a href="tel:5550100">555 0100</a>' in drawn
    assert "988" not in drawn


def test_without_any_of_its_own_the_national_numbers_stand(app: Flask) -> None:
    with app.test_request_context():
        drawn = app.jinja_env.get_template("crisis/steps.html").module.steps(Practice())
    assert 'href="tel:988"' in drawn
    assert 'href="tel:911"' in drawn
