"""The C-CDA documents in the chart: which there are, and the bytes of one, from its record or from a Binary.

A file is fetched from this EHR alone, as a Binary of this patient or of nobody; an address elsewhere is never followed.
https://hl7.org/fhir/R4/documentreference.html https://hl7.org/fhir/R4/binary.html
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.ehr.compartment import id_of
from app.ehr.gateway import ForeignResource, Gateway
from app.ehr.reads import ChartRead, read_type
from mappings.ccda.secure_xml import MOST_BYTES
from mappings.element import as_text, reference_text
from mappings.reading import Reading
from smart_launch.errors import FhirError, Forbidden, NotFound, Unauthorized, Unreachable

DOCUMENT_READ = ChartRead("DocumentReference", when_required=(("category", "clinical-note"),))
_BINARY = re.compile(r"Binary/[A-Za-z0-9.\-]{1,64}(?:/_history/[A-Za-z0-9.\-]{1,64})?")


@dataclass(frozen=True)
class NoFile:
    """Why there are no bytes. `words` is one fixed sentence."""

    words: str


DAMAGED = NoFile("The file of this document is damaged.")
TOO_LARGE = NoFile("The file of this document is larger than Chartside reads (10 MB).")
NONE = NoFile("This document has no file.")
ELSEWHERE = NoFile("The file of this document lies outside this EHR, so Chartside does not fetch it.")
NO_ACCESS = NoFile("You have no access to the file of this document in the EHR.")
MISSING = NoFile("The EHR does not have the file of this document.")
NOT_NOW = NoFile("The file of this document could not be read just now.")
FOREIGN = NoFile("The EHR says that this file belongs to another patient, so it is not shown.")


def documents(gateway: Gateway) -> Reading:
    """The patient's DocumentReferences, or the reason why there are none. Raises only what ends the session."""
    return read_type(gateway, DOCUMENT_READ)


def key_of(reference: str) -> str:
    """What an address of ours calls a document: nothing that the EHR would know it by."""
    return hashlib.sha256(reference.encode()).hexdigest()[:20]


def file_of(gateway: Gateway, attachment: Mapping[str, Any]) -> bytes | NoFile:
    """The bytes of an Attachment. Raises only what ends the session."""
    data = as_text(attachment.get("data"))
    if data:
        return _decoded(data)
    address = as_text(attachment.get("url"))
    if not address:
        return NONE
    place = address.removeprefix(f"{gateway.iss.rstrip('/')}/")
    if not _BINARY.fullmatch(place):
        return ELSEWHERE
    return _fetched(gateway, str(id_of(place, "Binary")))


def _fetched(gateway: Gateway, binary_id: str) -> bytes | NoFile:
    try:
        binary = gateway.read("Binary", binary_id)
    except Unauthorized:
        raise
    except ForeignResource:
        return FOREIGN
    except Forbidden:
        return NO_ACCESS
    except NotFound:
        return MISSING
    except (FhirError, Unreachable):
        return NOT_NOW
    owner = id_of(reference_text(binary.get("securityContext")), "Patient")
    if owner is not None and owner != gateway.patient_id:
        return FOREIGN
    return _decoded(as_text(binary.get("data")))


def _decoded(data: str) -> bytes | NoFile:
    if len(data) > MOST_BYTES * 4 // 3 + 4:
        return TOO_LARGE
    try:
        found = base64.b64decode("".join(data.split()), validate=True)
    except (binascii.Error, ValueError):
        return DAMAGED
    return found or NONE
