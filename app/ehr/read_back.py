"""What the EHR kept of a save: from its answer where that holds the record, else the record is read.

Every write asks for the record back (`Prefer: return=representation`), so that nothing more is asked of an EHR that
gives it. Where one answers with a place alone, the records of a save are read side by side. What is filed stays filed
whatever comes of this: a record that cannot be looked at is told as such.
https://hl7.org/fhir/R4/http.html#return
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import replace
from typing import Any

from app.ehr.gateway import Gateway
from app.ehr.receipt import Filed, ReadBack, Receipt, SignOff
from mappings.element import as_object, as_text
from mappings.kept import dropped
from smart_launch.errors import SmartError

DEADLINE_SECONDS = 6.0
"""How long a receipt waits for what the EHR kept; the save is done already."""

PRELIMINARY = "preliminary"
"""https://hl7.org/fhir/R4/valueset-composition-status.html"""

Resource = Mapping[str, Any]
_pool = ThreadPoolExecutor(max_workers=16, thread_name_prefix="read-back")


def compared(line: Filed, sent: Resource, held: Any) -> Filed:
    """The receipt line with what the EHR kept of `sent`; unchanged where `held` is no record of this type."""
    kept = as_object(held)
    if kept.get("resourceType") != sent["resourceType"]:
        return line
    losses = dropped(sent, kept)
    found = replace(line, read_back=ReadBack.LOST if losses else ReadBack.KEPT, dropped=losses)
    return signed_off(found, kept)


def signed_off(line: Filed, held: Resource) -> Filed:
    """The receipt line, which waits for a signature where the EHR says so of the document that it holds."""
    waits = as_text(held.get("docStatus")) == PRELIMINARY
    return replace(line, sign_off=SignOff.AWAITED) if waits else line


def look_back(gateway: Gateway, resources: Sequence[Resource], receipt: Receipt) -> Receipt:
    """The receipt of a save of `resources`, each line of it with what the EHR kept. Raises nothing of the EHR's.

    Reads only what no answer has shown; never where an earlier try had filed it, which may have had other words.
    """
    lines = list(receipt.filed)
    if len(lines) == len(resources) and not receipt.again:
        unseen = [place for place, line in enumerate(lines) if _is_unseen(line)]
        held = _read(gateway, [lines[place].reference for place in unseen])
        for place, found in zip(unseen, held, strict=True):
            lines[place] = _looked_at(lines[place], resources[place], found)
    usual = _usual_sign_off(gateway)
    return replace(receipt, filed=tuple(_with_usual(line, usual) for line in lines))


def _is_unseen(line: Filed) -> bool:
    return line.native and line.shown_again and line.read_back is ReadBack.NOT_COMPARED


def _looked_at(line: Filed, sent: Resource, held: Resource | None) -> Filed:
    found = compared(line, sent, held)
    return replace(found, read_back=ReadBack.UNSEEN) if _is_unseen(found) else found


def _read(gateway: Gateway, references: Iterable[str]) -> list[Resource | None]:
    """The records at "Task/812", all asked for at once; None for one that is not shown within the time."""
    asked = [_pool.submit(_shown, gateway, reference) for reference in references]
    wait(asked, timeout=DEADLINE_SECONDS)
    return [_result(each) for each in asked]


def _result(asked: Future[Resource | None]) -> Resource | None:
    return asked.result() if asked.done() else None


def _shown(gateway: Gateway, reference: str) -> Resource | None:
    try:
        return gateway.read(*reference.split("/"))
    except SmartError:
        # Filed is filed: what it comes to is that nobody could look, and the receipt says so.
        return None


def _usual_sign_off(gateway: Gateway) -> SignOff:
    """What is known of every write to this EHR: some of a vendor's products hold them until a clinician signs."""
    products = gateway.vendor.sign_off.products
    if not products:
        return SignOff.NONE_KNOWN
    try:
        software = gateway.capabilities.software.lower()
    except SmartError:
        return SignOff.POSSIBLE
    named = any(product.lower() in software for product in products)
    return SignOff.AWAITED if named else SignOff.POSSIBLE


def _with_usual(line: Filed, usual: SignOff) -> Filed:
    return line if line.sign_off is SignOff.AWAITED else replace(line, sign_off=usual)
