"""How an agreement was given, both ways: an extension for machines and one line that every server keeps.

R4's Consent has no element for "verbal", for who discussed the service or for the disclosures; the line stands in
`policyRule.text`, which also satisfies ppc-1 (https://hl7.org/fhir/R4/consent-definitions.html#Consent.policyRule).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from fhir_profiles import canonical
from fhir_profiles.terminology import codes, display
from mappings import dates
from mappings.authorship import Authorship, user_reference
from mappings.consent_form import ServiceConsent
from mappings.element import as_object, as_objects, as_text
from mappings.narrative import clean, fixed_line, read_fixed_line

_AGREED = "Agreement to the monthly care management service"
_DECLINED = "Care management service declined"
_STOPPED = "Care management service stopped by the patient"


@dataclass(frozen=True)
class Agreement:
    """What a Consent says about how it was given, and how it was stopped; any part may be ""."""

    mode: str
    taken_by: str
    discussed_by: str
    said_by: str
    disclosures: tuple[str, ...]
    reason: str
    practitioner: str = ""
    visit: str = ""
    cost: str = ""
    would_help: str = ""
    ask_again: date | None = None
    stopped_because: str = ""
    stop_asked: date | None = None


def agreement_facts(entry: ServiceConsent, author: Authorship, cost: str = "") -> list[tuple[str, str]]:
    """The facts of an answer as label and words, for the narrative and the line.

    `cost` is what was said about the cost, where insurance was seen. Days stand as in FHIR, to be read back.
    """
    return [
        ("Mode", display("consent-mode", entry.mode) if entry.mode else ""),
        ("Said by", entry.caregiver_name or author.patient_name or "the patient"),
        ("Taken by", author.user_name),
        ("Discussed by", entry.discussed_by),
        ("Told", ", ".join(display("disclosure", code) for code in entry.disclosures)),
        ("Cost notice", cost if entry.accepted else ""),
        ("Billed by", entry.practitioner if entry.accepted else ""),
        ("Initiating visit", entry.visit_words),
        ("Reason", decline_words(entry)),
        ("What would help", entry.would_help),
        ("Ask again on", entry.ask_again.isoformat() if entry.ask_again else ""),
        ("Asked before the agreed day", entry.brought_up),
    ]


def decline_words(entry: ServiceConsent) -> str:
    """Why the patient declined, in one text; "" for an agreement."""
    return ". ".join(filter(None, (entry.decline_reason, entry.decline_words)))


def agreement_line(entry: ServiceConsent, author: Authorship, cost: str = "") -> str:
    """The fixed line for `policyRule.text`."""
    return fixed_line(_AGREED if entry.accepted else _DECLINED, agreement_facts(entry, author, cost))


def with_stop(consent: dict[str, Any], asked: date, reason: str) -> dict[str, Any]:
    """The Consent with the line that says when and why the patient stopped the service, below how it was given."""
    rule = as_object(consent.get("policyRule"))
    line = fixed_line(_STOPPED, [("Asked on", asked.isoformat()), ("Reason", reason)])
    return {**consent, "policyRule": {**rule, "text": "\n".join(filter(None, (_written(rule), line)))}}


def _written(rule: dict[str, Any]) -> str:
    """The text of a policyRule with its line ends, which `as_text` would fold."""
    text = rule.get("text")
    return clean(text).strip() if isinstance(text, str) else ""


def agreement_extension(entry: ServiceConsent, author: Authorship) -> dict[str, Any]:
    """The consent-agreement extension of an agreement."""
    parts: list[dict[str, Any]] = [
        {"url": "mode", "valueCode": entry.mode},
        {"url": "tookConsent", "valueReference": user_reference(author)},
        {"url": "discussedBy", "valueString": entry.discussed_by},
        *({"url": "disclosure", "valueCode": code} for code in entry.disclosures),
    ]
    return {"url": canonical.extension("consent-agreement"), "extension": parts}


def read_agreement(consent: dict[str, Any]) -> Agreement:
    """How a Consent was given: from the extension, and from the line where the extension is gone."""
    written = _written(as_object(consent.get("policyRule")))
    stop = read_fixed_line(written, _STOPPED)
    line = read_fixed_line(written, _AGREED) or read_fixed_line(written, _DECLINED)
    parts = _parts(consent)
    modes = {display("consent-mode", code): code for code in codes("consent-mode")}
    told = {display("disclosure", code): code for code in codes("disclosure")}
    disclosed = [as_text(part.get("valueCode")) for part in parts.get("disclosure", ())]
    # An EHR may keep a part of the extension; the line says all of it.
    disclosed += [told[word] for word in line.get("Told", "").split(", ") if word in told]
    in_order = [code for code in told.values() if code in disclosed]
    took = as_object(_first(parts, "tookConsent").get("valueReference"))
    performer = as_object(consent.get("performer"))
    return Agreement(
        mode=as_text(_first(parts, "mode").get("valueCode")) or modes.get(line.get("Mode", ""), ""),
        taken_by=as_text(took.get("display")) or line.get("Taken by", ""),
        discussed_by=as_text(_first(parts, "discussedBy").get("valueString")) or line.get("Discussed by", ""),
        said_by=line.get("Said by", "") or as_text(performer.get("display")),
        disclosures=tuple(filter(None, dict.fromkeys([*in_order, *disclosed]))),
        reason=line.get("Reason", ""),
        practitioner=line.get("Billed by", ""),
        visit=line.get("Initiating visit", ""),
        cost=line.get("Cost notice", ""),
        would_help=line.get("What would help", ""),
        ask_again=_day(line.get("Ask again on", "")),
        stopped_because=stop.get("Reason", ""),
        stop_asked=_day(stop.get("Asked on", "")),
    )


def _day(text: str) -> date | None:
    when = dates.parse(text)
    return when.local_day() if when else None


def _parts(consent: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    parts: dict[str, list[dict[str, Any]]] = {}
    for extension in as_objects(consent.get("extension")):
        if as_text(extension.get("url")) == canonical.extension("consent-agreement"):
            for part in as_objects(extension.get("extension")):
                parts.setdefault(as_text(part.get("url")), []).append(part)
    return parts


def _first(parts: dict[str, list[dict[str, Any]]], name: str) -> dict[str, Any]:
    return next(iter(parts.get(name, ())), {})
