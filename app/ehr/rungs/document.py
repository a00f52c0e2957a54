"""The rung of documents: a save as a DocumentReference, a readable note that people find where notes are."""

from __future__ import annotations

import base64
from typing import Any

from app.ehr.gateway import Gateway
from app.ehr.reads import ChartRead
from app.ehr.rungs.carrier import Carrier, Content
from mappings.element import as_text
from mappings.filed_document import attachment_url, filed_document, note_forms, with_attachment
from mappings.filed_note import WRITTEN_WITH
from mappings.identity import is_ours
from mappings.rung import Rung
from mappings.write_ladder import CARRIERS


class DocumentRung(Carrier):
    """Epic and Oracle Health hold so what they take in no record."""

    rung = Rung.DOCUMENT
    kind = CARRIERS[rung]
    reads = ChartRead(kind, when_required=(("category", "clinical-note"),))

    def can(self, gateway: Gateway, resource_type: str, interaction: str) -> bool:
        """Also a form of note is needed that Chartside can make and this vendor takes."""
        return bool(note_forms(gateway.vendor)) and super().can(gateway, resource_type, interaction)

    def made(self, gateway: Gateway, content: Content) -> dict[str, Any]:
        """The document that holds these records. Raises NotForABlock where they could not be read back exactly."""
        return filed_document(
            content.records,
            author=content.form.author,
            form_id=content.form.id,
            number=content.number,
            replaces=content.replaces,
            vendor=gateway.vendor,
        )

    def whole(self, gateway: Gateway, resource: dict[str, Any]) -> dict[str, Any]:
        """The document with its note, fetched where the EHR keeps it elsewhere. Others' documents stay as they are."""
        url = attachment_url(resource)
        if not url or not (is_ours(resource) or WRITTEN_WITH in as_text(resource.get("description"))):
            return resource
        data = gateway.client.get(url).get("data")
        return with_attachment(resource, base64.b64decode(as_text(data)))
