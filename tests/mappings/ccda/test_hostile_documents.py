"""Documents that want something: files, addresses, memory, time, or a script on the page. None gets it."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mappings.ccda import secure_xml
from mappings.ccda.document import ClinicalDocument, read_document
from mappings.ccda.secure_xml import Unread
from tests.mappings.ccda.written import (
    FOOT,
    HEAD,
    MEDICATIONS,
    PROBLEMS,
    document,
    medicine,
    problem,
    section,
)

WHOLE = document(
    section(MEDICATIONS, medicine(sig="1 tablet every morning"), medicine(drug='<code nullFlavor="UNK"/>')),
    section(PROBLEMS, problem('<value xsi:type="CD" code="88805009" displayName="Heart failure"/>')),
)
LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))


def with_doctype(doctype: str, body: str = "") -> bytes:
    return (
        HEAD.replace("?>", f"?>{doctype}", 1).replace("<title>", f"<title>{body}", 1).encode() + FOOT.encode()
    )


@pytest.mark.parametrize(
    "doctype",
    [
        f'<!DOCTYPE x [<!ENTITY l0 "ha">{LAUGHS}]>',
        '<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE x SYSTEM "http://127.0.0.1:9/evil.dtd">',
        '<!DOCTYPE x [<!ENTITY % p SYSTEM "http://127.0.0.1:9/p"> %p;]>',
        '<!doctype x [<!ENTITY l9 "ha">]>',
        "<!DOCTYPE ClinicalDocument>",
    ],
)
def test_a_document_type_is_refused(doctype: str) -> None:
    assert read_document(with_doctype(doctype, "&l9;&f;")) == secure_xml.NOT_ALLOWED
    wide = with_doctype(doctype).decode().replace('encoding="UTF-8"', 'encoding="UTF-16"').encode("utf-16")
    assert read_document(wide) == secure_xml.NOT_ALLOWED


def test_an_entity_is_never_expanded_even_where_the_look_at_the_bytes_is_passed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("the secret")
    told = with_doctype(f'<!DOCTYPE x [<!ENTITY f SYSTEM "{secret.as_uri()}">]>', "&f;")
    monkeypatch.setattr(secure_xml, "_refused", lambda data: None)
    assert secure_xml.open_document(told) == secure_xml.NOT_ALLOWED


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", secure_xml.EMPTY),
        (b"  \n", secure_xml.EMPTY),
        (b"%PDF-1.7", secure_xml.NOT_XML),
        (b"<html><body>Please sign in</body></html>", secure_xml.NOT_CDA),
        (b"<ClinicalDocument/>", secure_xml.NOT_CDA),
        (document()[:-20], secure_xml.NOT_XML),
        (document().replace(b'encoding="UTF-8"', b'encoding="UTF-7"'), secure_xml.ENCODING),
        (document().replace(b'encoding="UTF-8"', b'encoding="EBCDIC-US"'), secure_xml.ENCODING),
        (document().replace(b"Ana", b"\xff\xfe\xe1na"), secure_xml.NOT_XML),
        (b"\x00" * 4000, secure_xml.NOT_XML),
    ],
)
def test_what_is_no_clinical_document_says_why(data: bytes, why: Unread) -> None:
    assert read_document(data) == why


def test_fifty_megabytes_are_refused_at_once() -> None:
    started = time.perf_counter()
    assert read_document(b"<ClinicalDocument>" + b"x" * 50_000_000) == secure_xml.TOO_LARGE
    assert time.perf_counter() - started < 1


def test_deep_nesting_and_many_parts_are_refused() -> None:
    deep = section(MEDICATIONS, text=f"<text>{'<content>' * 150}{'</content>' * 150}</text>")
    assert read_document(document(deep)) == secure_xml.TOO_DEEP
    deeper = section(MEDICATIONS, text=f"<text>{'<content>' * 5000}{'</content>' * 5000}</text>")
    assert isinstance(read_document(document(deeper)), Unread)
    many = section(MEDICATIONS, text=f"<text>{'<br/>' * (secure_xml.MOST_ELEMENTS + 1)}</text>")
    assert read_document(document(many)) == secure_xml.TOO_DEEP


def test_markup_that_is_not_cda_s_leaves_nothing_in_the_narrative() -> None:
    text = (
        "<text>Kept <script>alert(1)</script><style>p{}</style><iframe src='x'>in</iframe>"
        '<content onclick="alert(2)">words</content> &lt;b&gt;typed&lt;/b&gt;</text>'
    )
    found = read_document(document(section(MEDICATIONS, text=text)))
    assert isinstance(found, ClinicalDocument)
    assert found.sections[0].text == "Kept words <b>typed</b>"


def test_direction_overrides_are_dropped_from_a_dose() -> None:
    found = read_document(document(section(MEDICATIONS, medicine(sig="1 \u202etab 04\u202c daily"))))
    assert isinstance(found, ClinicalDocument)
    assert found.medications[0].instructions == "1 tab 04 daily"


def test_processing_instructions_and_comments_say_nothing() -> None:
    told = WHOLE.replace(b"<title>", b"<?xml-stylesheet href='http://127.0.0.1:9/x.xsl'?><!-- no --><title>")
    assert read_document(told) == read_document(WHOLE)


@given(st.integers(0, len(WHOLE) - 1), st.binary(max_size=8), st.integers(0, 40))
def test_any_damage_ends_in_a_document_or_a_sentence(at: int, put: bytes, drop: int) -> None:
    found = read_document(WHOLE[:at] + put + WHOLE[at + drop :])
    assert isinstance(found, ClinicalDocument) or found.words.endswith(".")


@given(st.lists(st.sampled_from(WHOLE.decode().split(">")), max_size=60))
def test_shuffled_parts_end_in_a_document_or_a_sentence(parts: list[str]) -> None:
    found = read_document((HEAD + ">".join([*parts, ""]) + FOOT).encode())
    assert isinstance(found, ClinicalDocument) or found.words.endswith(".")


@given(
    st.lists(
        st.sampled_from(
            [
                'nullFlavor="UNK"',
                'value="x"',
                'value="2026"',
                'xsi:type="PIVL_TS"',
                'code=""',
                'displayName=" "',
            ]
        ),
        unique_by=lambda item: item.split("=")[0],
    ),
    st.sampled_from(
        ["code", "low", "value", "period", "doseQuantity", "effectiveTime", "statusCode", "name"]
    ),
)
def test_any_attribute_on_any_element_never_raises(attributes: list[str], name: str) -> None:
    told = WHOLE.decode().replace(f"<{name} ", f"<{name} {' '.join(attributes)} data-")
    assert read_document(told.encode()) is not None
