"""Codes and words come from our CodeSystems alone."""

from __future__ import annotations

import pytest

from fhir_profiles import canonical
from fhir_profiles.errors import UnknownCodeError
from fhir_profiles.terminology import codes, coding, concept, display, members


def test_codes_keep_the_order_of_the_pick_list():
    assert codes("contact-mode") == ("phone", "video", "in-person", "home", "message", "desk")
    assert len(codes("enrolment-state")) == 17


def test_a_concept_has_the_words_of_its_code_unless_others_are_given():
    assert display("contact-result", "left-message") == "Left message"
    assert concept("contact-mode", "phone")["text"] == "Phone"
    assert concept("contact-mode", "phone", "Phone, 14:02")["text"] == "Phone, 14:02"


def test_each_coding_is_fresh_so_that_changing_one_changes_no_other():
    coding("contact-mode", "phone")["code"] = "pigeon"

    assert coding("contact-mode", "phone")["code"] == "phone"


@pytest.mark.parametrize("asked", [("contact-mode", "pigeon"), ("no-such-system", "phone")])
def test_an_unknown_code_or_system_is_an_error_of_ours(asked):
    with pytest.raises(UnknownCodeError):
        display(*asked)


def test_a_value_set_takes_a_whole_code_system_or_lists_codes():
    assert (canonical.code_system("disclosure"), "right-to-stop") in members(
        canonical.value_set("disclosure")
    )
    assert members(canonical.value_set("consent-status")) == {
        ("http://hl7.org/fhir/consent-state-codes", code)
        for code in ("active", "rejected", "inactive", "entered-in-error")
    }
    assert members("http://hl7.org/fhir/ValueSet/task-status") is None


def test_the_tag_cannot_be_changed_by_accident():
    with pytest.raises(TypeError):
        canonical.TAG["code"] = "other"
