"""Keys, both ways: can we read the EHR's, and does the EHR find ours where it was told to look?

Whether the EHR itself reaches our address can only be seen from there; this sees whether the address serves what it
should, and says so in those words. https://hl7.org/fhir/smart-app-launch/STU2.2/client-confidential-asymmetric.html
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from app.check.finding import Area, Finding, State
from app.check.inquiry import Inquiry
from app.ehr_settings import EhrSettings
from app.settings import Settings
from smart_launch.address import is_loopback
from smart_launch.errors import SmartError, Unreachable
from smart_launch.http_message import get_json
from smart_launch.issuer_keys import ALGORITHMS, Keys, key_sets, suitable
from smart_launch.key_ring import KeyRing
from smart_launch.keys import Key, algorithm_of
from smart_launch.transport import MEGABYTE

JWKS_PATH = "/.well-known/jwks.json"


def key_findings(inquiry: Inquiry) -> Iterator[Finding]:
    """The EHR's signing keys, and ours where we are a client with a key."""
    configuration = inquiry.discovery.configuration
    if configuration is not None and configuration.jwks_uri:
        yield _keys_of_ehr(inquiry, configuration.jwks_uri)
    ehr, settings = inquiry.subject.ehr, inquiry.subject.settings
    if ehr is None or settings is None:
        return
    if ehr.client_type != "asymmetric":
        yield _finding(
            "our-keys", State.OK, "Not needed: Chartside is not registered here as a client with a key."
        )
        return
    yield from _ours(inquiry, ehr, settings)


def _keys_of_ehr(inquiry: Inquiry, jwks_uri: str) -> Finding:
    try:
        keys = next(key_sets(jwks_uri, http=inquiry.http, now=inquiry.now()))
    except SmartError as error:
        silent = isinstance(error, Unreachable)
        words = "do not answer" if silent else "cannot be read: the address gives no set of keys"
        return _finding(
            "ehr-keys",
            State.FAILED,
            f"The EHR’s signing keys {words}, so nobody’s sign-in can be verified.",
            unanswered=silent,
        )
    usable = _usable(keys)
    if not usable:
        return _finding(
            "ehr-keys",
            State.FAILED,
            "The EHR publishes no key of a kind that Chartside accepts (RSA of 2048 bits or more, P-256, P-384).",
        )
    many = "one signing key" if usable == 1 else f"{usable} signing keys"
    return _finding(
        "ehr-keys", State.OK, f"The EHR publishes {many} that Chartside can verify with.", count=usable
    )


def _usable(keys: Keys) -> int:
    return sum(any(suitable([key], kid=key.kid, algorithm=name) for name in ALGORITHMS) for key in keys)


def _ours(inquiry: Inquiry, ehr: EhrSettings, settings: Settings) -> Iterator[Finding]:
    key = signing_key(ehr, settings, inquiry.now())
    if key is None:
        yield _finding(
            "our-keys",
            State.FAILED,
            f"There is no signing key for {ehr.algorithm} in {settings.keys_dir}: make one with"
            f" `chartside keys new --algorithm {ehr.algorithm}`.",
        )
        return
    yield _finding(
        "our-keys",
        State.OK,
        f"Chartside signs with the {algorithm_of(key)} key “{key.kid}”.",
        kid=key.kid,
        algorithm=algorithm_of(key),
    )
    yield _published(inquiry, ehr, settings, key)


def signing_key(ehr: EhrSettings, settings: Settings, now: float) -> Key | None:
    """The key of `key_file`, else the one that the folder of keys would sign with now."""
    return ehr.signing_key or KeyRing(settings.keys_dir).signing_key(ehr.algorithm, now)


def _published(inquiry: Inquiry, ehr: EhrSettings, settings: Settings, key: Key) -> Finding:
    url = f"{settings.public_url}{JWKS_PATH}"
    outside = "Whether the EHR reaches this address from outside can only be seen there."
    if is_loopback(urlsplit(url).hostname) and not is_loopback(urlsplit(ehr.iss).hostname):
        return _finding(
            "our-jwks",
            State.FAILED,
            f"{url} is on this machine alone: the EHR cannot read our key there.",
            url=url,
        )
    try:
        answer = inquiry.http.send(get_json(url), limit=MEGABYTE)
    except Unreachable:
        return _finding(
            "our-jwks",
            State.NOTE,
            f"{url} does not answer this machine: start Chartside (`chartside serve`) and check again. {outside}",
            url=url,
        )
    document = answer.json_object() if answer.status == 200 else None
    kids = [item.get("kid") for item in (document or {}).get("keys") or [] if isinstance(item, dict)]
    if key.kid in kids:
        return _finding(
            "our-jwks",
            State.OK,
            f"{url} serves the key that Chartside signs with. {outside}",
            url=url,
            kids=kids,
        )
    if ehr.signing_key is not None and document is not None:
        return _finding(
            "our-jwks",
            State.NOTE,
            f"{url} does not serve the key of `key_file`: the EHR must have been given it by hand.",
            url=url,
            kids=kids,
        )
    return _finding(
        "our-jwks",
        State.FAILED,
        f"{url} does not serve the key that Chartside signs with: is Chartside running with these settings?",
        url=url,
        kids=kids,
    )


def _finding(
    name: str, state: State, sentence: str, *, unanswered: bool = False, **detail: object
) -> Finding:
    return Finding(Area.KEYS, name, state, sentence, detail, unanswered)
