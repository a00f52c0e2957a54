"""Cards in the chart: can we verify the EHR's calls, and do the cards go by what this EHR keeps?

Only for an EHR with `[ehr.cds_hooks]`. Whether the EHR reaches us can only be seen from there: the log has its calls.
https://cds-hooks.hl7.org/2.0/#trusting-cds-clients
"""

from __future__ import annotations

from collections.abc import Iterator

from app.cds_settings import CdsHooks
from app.check.finding import Area, Finding, State
from app.check.inquiry import Inquiry
from mappings.cds_prefetch import kept_in_notes
from mappings.write_ladder import READS
from smart_launch.caller_token import ALGORITHMS, FETCH_SECONDS
from smart_launch.errors import SmartError, Unreachable
from smart_launch.issuer_keys import Keys, fetch_keys, suitable

_KINDS = "ES384 (P-384) or RS384 (RSA of 2048 bits or more)"


def card_findings(inquiry: Inquiry) -> Iterator[Finding]:
    """The keys by which calls for cards are verified, and whether `records` fits the EHR; nothing without cards."""
    hooks = inquiry.subject.ehr.cds_hooks if inquiry.subject.ehr else None
    if hooks is None:
        return
    if hooks.caller.keys:
        yield _judged("card-keys-file", "`jwks_file`", hooks.caller.keys)
    for number, address in enumerate(hooks.caller.key_addresses, start=1):
        yield _published(inquiry, f"card-keys-{number}", address)
    yield from _records(inquiry, hooks)


def _published(inquiry: Inquiry, name: str, address: str) -> Finding:
    try:
        keys = fetch_keys(address, http=inquiry.http, now=inquiry.now(), seconds=FETCH_SECONDS)
    except SmartError as error:
        silent = isinstance(error, Unreachable)
        why = "does not answer" if silent else "gives no set of keys"
        sentence = f"Cards: {address} {why}, so no call that names it can be verified."
        return _finding(name, State.FAILED, sentence, unanswered=silent, url=address)
    return _judged(name, address, keys)


def _judged(name: str, where: str, keys: Keys) -> Finding:
    usable = sum(any(suitable([key], kid=key.kid, algorithm=each) for each in ALGORITHMS) for key in keys)
    if not usable:
        return _finding(name, State.FAILED, f"Cards: {where} holds no key for {_KINDS}.", count=0)
    many = "one key" if usable == 1 else f"{usable} keys"
    return _finding(name, State.OK, f"Cards: {where} holds {many} to verify calls with.", count=usable)


def _records(inquiry: Inquiry, hooks: CdsHooks) -> Iterator[Finding]:
    """Where contacts stand in notes, a prefetch brings none of them, and "not called" would be a guess."""
    offered = inquiry.metadata.capabilities
    if offered is None or hooks.records == "notes" or "Task" in kept_in_notes(inquiry.subject.vendor):
        return
    listed = offered.of("Task").interactions
    if "create" not in listed or not listed & READS:
        yield _finding(
            "card-records",
            State.FAILED,
            'Cards: this EHR does not keep contacts as records of their own: set `records = "notes"`, or a card may'
            " say of somebody who was called that nobody called.",
        )


def _finding(
    name: str, state: State, sentence: str, *, unanswered: bool = False, **detail: object
) -> Finding:
    return Finding(Area.KEYS, name, state, sentence, detail, unanswered)
