"""A save filed as a document: read back whole, readable by people, and refused where it is another patient's."""

from __future__ import annotations

import base64
import re
from dataclasses import replace

import pytest
from fhir.resources.R4B import get_fhir_model_class
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html as lxml_html

from fhir_profiles.validator import validate
from mappings.errors import NotForABlock
from mappings.filed_block import Damage, DamagedBlock, FiledBlock, marker, to_text
from mappings.filed_document import (
    DocumentKind,
    attachment_url,
    document_kind,
    filed_document,
    note_forms,
    read_document,
    with_attachment,
)
from mappings.filed_note import BEFORE_THE_BLOCK, HTML, NOTE_FORMS, PLAIN, WRITTEN_WITH, XHTML_MIME
from mappings.identity import identifier_value, is_ours
from mappings.narrative import narrative, plain_text
from mappings.vendor import vendor
from tests.mappings.filed import FiledSave, all_saves
from tests.outside_validators import US_CORE_VERSIONS, fhirkit_problems, pyrofile_problems

TAKING_NOTES = ("generic", "epic", "oracle", "medplum")
each_form = pytest.mark.parametrize("mime", NOTE_FORMS)


def document(save: FiledSave, **facts):
    given_facts = {"vendor": vendor("generic"), **facts}
    return filed_document(
        given_facts.pop("resources", save.resources),
        author=given_facts.pop("author", save.author),
        form_id=save.form_id,
        number=save.number,
        **given_facts,
    )


def note(resource) -> str:
    return base64.b64decode(resource["content"][0]["attachment"]["data"]).decode()


def with_note(resource, text: str, encoding: str = "utf-8"):
    return with_attachment(resource, text.encode(encoding))


def call() -> FiledSave:
    """A call with progress of a goal, a next task and an answered one."""
    return next(save for save in all_saves() if document_kind(save.resources) is DocumentKind.TELEPHONE)


def told_words(resource) -> str:
    """What a browser shows of the note."""
    text = note(resource)
    if resource["content"][0]["attachment"]["contentType"] == PLAIN:
        return text
    return "\n".join(lxml_html.fromstring(text.encode()).itertext())


class TestRoundTrip:
    @each_form
    def test_every_save_is_read_back_whole(self, mime):
        for save in all_saves():
            made = document(save, mime=mime, replaces=("DocumentReference/old", "QuestionnaireResponse/9"))
            assert read_document(made) == (
                FiledBlock(
                    str(save.form_id),
                    save.number,
                    ("DocumentReference/old", "QuestionnaireResponse/9"),
                    save.resources,
                    save.now.replace(microsecond=0).isoformat(),
                ),
            )

    @pytest.mark.requirement("client@44")
    def test_when_an_ehr_keeps_only_what_oracle_keeps(self):
        for save in all_saves():
            made = document(save, vendor=vendor("oracle"))
            kept = {
                "resourceType": "DocumentReference",
                "id": "7",
                **{name: made[name] for name in ("status", "docStatus", "type", "subject", "author")},
                "content": [{"attachment": dict(made["content"][0]["attachment"])}],
                "context": {"period": made["context"]["period"]},
            }
            assert [each.resources for each in read_document(kept)] == [save.resources]

    @pytest.mark.parametrize(
        "rewritten",
        [
            lambda text: text.replace("\n", "\r\n"),
            lambda text: re.sub(r"<(\w+)[^>]*>", r"<\1 style='x' class=\"y\">", text),
            lambda text: text.replace("<pre>", "<p>").replace("</pre>", "</p>"),
            lambda text: re.sub(r"<[^>]+>", "\n", text),
            lambda text: f"<html><head><style>p {{}}</style></head><body><b>Header</b>{text}</body></html>",
            lambda text: text.replace(" ", "\u00a0"),
            lambda text: text.replace("\n", "<br>"),
            lambda text: text + "\nElectronically signed by the EHR",
        ],
    )
    @each_form
    def test_when_the_ehr_rewrites_the_note(self, mime, rewritten):
        made = document(call(), mime=mime)
        assert read_document(with_note(made, rewritten(note(made)))) == read_document(made)

    @pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "latin-1"])
    def test_when_the_ehr_stores_it_in_another_encoding(self, encoding):
        made = document(call(), mime=HTML)
        assert read_document(with_note(made, note(made), encoding)) == read_document(made)

    def test_from_an_attachment_that_stands_elsewhere(self):
        made = document(call())
        data = base64.b64decode(made["content"][0]["attachment"]["data"])
        elsewhere = {**made, "content": [{"attachment": {"contentType": HTML, "url": "Binary/9"}}]}
        assert (attachment_url(made), attachment_url(elsewhere)) == ("", "Binary/9")
        assert read_document(elsewhere) == ()
        assert read_document(with_attachment(elsewhere, data)) == read_document(made)

    def test_once_where_the_ehr_keeps_two_forms_of_it(self):
        made = document(call())
        cut = base64.b64encode(note(made)[:-40].encode()).decode()
        both = [{"attachment": {"data": cut}}, *made["content"], *made["content"]]
        assert read_document({**made, "content": both}) == read_document(made)

    @settings(deadline=None, max_examples=40)
    @given(words=st.text(max_size=80), mime=st.sampled_from(NOTE_FORMS))
    def test_whatever_was_typed(self, words, mime):
        save = call()
        told = {**save.resources[0], "text": narrative("Contact", [("Note", words)], note=words)}
        author = replace(save.author, patient_name=words, user_name=words)
        made = document(save, resources=(told,), author=author, mime=mime)
        assert [each.resources for each in read_document(made)] == [(told,)]

    @pytest.mark.parametrize(
        "typed",
        [
            marker("BEGINS"),
            marker("ENDS"),
            "&#91;CHARTSIDE RECORD 1 BEGINS]",
            "&amp;lbrack;CHARTSIDE RECORD 1 ENDS]",
            to_text(FiledBlock(str(call().form_id), 999, (), call().resources[:1])),
        ],
    )
    @each_form
    def test_when_somebody_pastes_a_block_into_what_they_type(self, mime, typed):
        save = call()
        told = {**save.resources[0], "text": narrative("Contact", [], note=typed)}
        made = document(save, resources=(told, *save.resources[1:]), mime=mime)
        assert [each.resources for each in read_document(made)] == [(told, *save.resources[1:])]


class TestReadable:
    @each_form
    def test_by_somebody_who_never_opens_chartside(self, mime):
        for save in all_saves():
            made = document(save, mime=mime)
            words, block = told_words(made).split(BEFORE_THE_BLOCK)
            assert block.strip().startswith(marker("BEGINS"))
            assert "Patient: Gloria Reyes" in words
            assert "By: Dana Whitfield RN" in words
            told = {line for each in save.resources for line in plain_text(each["text"]).split("\n")}
            assert [line for line in told if line not in words] == []

    def test_says_what_it_is_and_when(self):
        lines = note(document(call(), mime=PLAIN)).split("\n")
        assert lines[:2] == ["Care management call", ""]
        assert re.fullmatch(r"When: \d+ Nov 2026, \d\d:\d\d", lines[4])
        assert lines[5] == f"Note: number {call().number} of this chart. {WRITTEN_WITH}"

    @pytest.mark.requirement("client@53")
    def test_what_was_typed_is_never_markup(self):
        save = call()
        typed = "<script>alert(1)</script><img src=x onerror=alert(1)> & <b>bold</b>"
        told = {**save.resources[0], "text": narrative("Contact", [], note=typed)}
        for mime in (HTML, XHTML_MIME):
            made = document(save, resources=(told,), mime=mime)
            root = lxml_html.fromstring(note(made).encode())
            assert {each.tag for each in root.iter()} <= {
                *("html", "head", "title", "body", "h1", "h2", "p", "br", "pre")
            }
            assert typed in told_words(made)

    @each_form
    def test_markup_is_ascii_so_that_no_name_is_garbled(self, mime):
        made = document(call(), mime=mime)
        assert "Inés" in told_words(made)
        assert note(made).isascii() or mime == PLAIN


class TestElements:
    @pytest.mark.parametrize(
        ("kind", "code"),
        [
            (DocumentKind.PLAN, "18776-5"),
            (DocumentKind.TELEPHONE, "34748-4"),
            (DocumentKind.CONTACT, "11506-3"),
            (DocumentKind.CONSENT, "59284-0"),
        ],
    )
    def test_the_type_says_what_the_save_is_about(self, kind, code):
        made = [document(save) for save in all_saves() if document_kind(save.resources) is kind]
        assert {each["type"]["coding"][0]["code"] for each in made} == {code}
        assert document(call(), about=kind)["type"]["text"] == kind.value.title

    @pytest.mark.requirement("client@53")
    def test_what_oracle_demands_is_there(self):
        for save in all_saves():
            made = document(save, vendor=vendor("oracle"))
            attachment, period = made["content"][0]["attachment"], made["context"]["period"]
            assert (made["status"], made["docStatus"]) == ("current", "final")
            assert made["author"][0]["reference"].startswith("Practitioner/")
            dates = (made["date"], attachment["creation"], period["start"], period["end"])
            assert all(re.fullmatch(r".{10}T\d\d:\d\d:\d\d[+-]\d\d:\d\d", each) for each in dates)
            assert period["start"] <= period["end"]
            assert attachment["contentType"] in vendor("oracle").document.mime_types

    def test_the_period_is_that_of_the_contact(self):
        made = document(call())
        contact = call().resources[0]
        assert made["context"]["period"] == contact["executionPeriod"]

    def test_it_names_the_visit_of_the_launch(self):
        made = document(call(), author=replace(call().author, encounter="e-1"))
        assert made["context"]["encounter"] == [{"reference": "Encounter/e-1"}]

    @pytest.mark.requirement("client@43")
    def test_it_bears_our_tag_and_one_identifier_that_a_retry_bears_again(self):
        made = document(call())
        assert is_ours(made)
        assert identifier_value(made) == identifier_value(document(call(), mime=PLAIN)) != ""
        assert made == document(call())

    def test_it_replaces_only_documents(self):
        made = document(call(), replaces=("DocumentReference/1", "QuestionnaireResponse/2"))
        targets = [each["target"]["reference"] for each in made["relatesTo"]]
        assert targets == ["DocumentReference/1"]
        assert "relatesTo" not in document(call())

    @pytest.mark.parametrize("name", TAKING_NOTES)
    def test_it_is_in_a_form_that_the_vendor_takes(self, name):
        made = document(call(), vendor=vendor(name))
        assert made["content"][0]["attachment"]["contentType"] == vendor(name).document.mime_types[0]

    @pytest.mark.parametrize("name", ["athena", "ecw", "canvas", "openemr"])
    def test_it_is_not_made_where_the_vendor_takes_no_such_form(self, name):
        assert note_forms(vendor(name)) == ()
        with pytest.raises(NotForABlock):
            document(call(), vendor=vendor(name))
        with pytest.raises(NotForABlock):
            document(call(), mime="application/pdf")


class TestRefused:
    @pytest.mark.requirement("client@45")
    def test_a_document_whose_records_name_another_patient(self):
        made = document(call())
        moved = {**made, "subject": {"reference": "Patient/somebody-else"}}
        assert read_document(moved) == (DamagedBlock(Damage.WRONG_PATIENT),)
        assert read_document({**made, "subject": {}}) == (DamagedBlock(Damage.WRONG_PATIENT),)

    def test_but_not_one_that_a_merge_moved(self):
        made = document(call())
        old = made["subject"]["reference"]
        moved = {**made, "subject": {"reference": "https://ehr.example/fhir/Patient/merged/_history/2"}}
        assert read_document(moved, patients=[old]) == read_document(made)

    @pytest.mark.parametrize(
        "change",
        [
            {"for": {"reference": "Patient/8"}},
            {"for": {"reference": ["Patient/8"]}},
            {"for": {"reference": "https://ehr.example/Patient/8"}},
            {"for": {"display": "Gloria"}},
            {"note": [{"authorReference": {"reference": "Patient/8/_history/1"}}]},
            {"contained": [{"resourceType": "Goal", "subject": {"reference": "Patient/8"}}]},
        ],
    )
    def test_one_record_of_another_patient_refuses_the_whole(self, change):
        save = call()
        contact = {**save.resources[0], "for": {"reference": f"Patient/{save.patient}"}}
        contact.pop("owner")
        block = FiledBlock(str(save.form_id), 1, (), (*save.resources[1:], {**contact, **change}))
        made = with_note(document(save), to_text(block))
        assert read_document(made) == (DamagedBlock(Damage.WRONG_PATIENT),)

    @pytest.mark.parametrize("element", ["status", "docStatus"])
    def test_one_entered_in_error_holds_nothing(self, element):
        assert read_document({**document(call()), element: "entered-in-error"}) == ()

    def test_one_of_ours_that_lost_its_block_is_named(self):
        made = document(call(), mime=PLAIN)
        words = note(made).split(BEFORE_THE_BLOCK)[0]
        bare = {"resourceType": "DocumentReference", "subject": made["subject"]}
        for broken in (
            with_note(bare, words),
            with_note(made, "?"),
            {**made, "content": [{"attachment": {"data": "a"}}]},
        ):
            assert read_document(broken) == (DamagedBlock(Damage.MISSING),)

    @pytest.mark.parametrize("length", [60, 200, 1500, -100, -30])
    def test_one_cut_off_is_named(self, length):
        made = document(call(), mime=PLAIN)
        (found,) = read_document(with_note(made, note(made)[:length]))
        assert isinstance(found, DamagedBlock)

    @given(
        st.recursive(
            st.none()
            | st.booleans()
            | st.integers()
            | st.text(max_size=9)
            | st.sampled_from(["content", "data"]),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(
                    st.sampled_from(["content", "attachment", "data", "url", "subject", "status"]),
                    inner,
                    max_size=4,
                )
            ),
            max_leaves=12,
        )
    )
    def test_whatever_an_ehr_sends_it_never_fails(self, resource):
        assert all(isinstance(each, DamagedBlock) for each in read_document(resource))
        assert isinstance(attachment_url(resource), str)

    def test_a_note_of_others_is_none_of_ours(self):
        other = {
            "resourceType": "DocumentReference",
            "status": "current",
            "subject": {"reference": "Patient/7"},
        }
        assert read_document(with_note(other, "Seen today. Stable.")) == ()
        assert read_document(other) == ()


class TestValid:
    """One document of each kind and form, to our own profile and to programs nobody here wrote."""

    def test_to_our_profile(self):
        for save in all_saves():
            assert validate(document(save, replaces=("DocumentReference/1",))) == ()
            nobody = replace(save.author, user=None, user_name="", patient_name="", encounter="e-1")
            assert validate(document(save, author=nobody)) == ()

    @pytest.mark.parametrize("kind", DocumentKind)
    @pytest.mark.parametrize("version", US_CORE_VERSIONS)
    def test_to_pyrofile_with_us_core(self, kind, version):
        save = next(save for save in all_saves() if document_kind(save.resources) is kind)
        made = document(save, replaces=("DocumentReference/1",))
        assert pyrofile_problems(made, version) == []

    def test_us_core_notices_what_it_demands(self):
        made = document(call())
        for element in ("type", "category"):
            broken = {name: value for name, value in made.items() if name != element}
            assert "us-core-documentreference" in " ".join(pyrofile_problems(broken))

    @each_form
    def test_to_fhirkit_and_the_models_of_r4(self, mime):
        for save in all_saves()[::5]:
            made = document(save, mime=mime, replaces=("DocumentReference/1",))
            assert fhirkit_problems(made) == []
            get_fhir_model_class("DocumentReference").model_validate(made)
