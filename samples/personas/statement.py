"""The CapabilityStatement of a persona: the sandbox's own, cut down to what the persona offers.

It is made of what the engine acts on, so it cannot claim what a request would be refused.
Spec: https://hl7.org/fhir/R4/capabilitystatement.html
"""

from __future__ import annotations

from typing import Any

from samples.personas.offers import TypeOffer
from samples.personas.persona import Behaviour, Persona
from samples.personas.required_search import RequiredSearch

_ALL_OF, _ANY_OF = "requiredSearchParams", "requiredAnySearchParams"


def persona_statement(statement: dict[str, Any], persona: Persona, behaviour: Behaviour) -> dict[str, Any]:
    """The statement of a sandbox that plays this EHR, and says plainly that it plays."""
    (rest,) = statement["rest"]
    offered = behaviour.offers.types
    played = {
        **statement,
        "title": f"{persona.title} - not a real record",
        "description": (
            f"A sandbox that imitates {persona.plays} from published captures of its metadata, "
            "with patients who were made up. It proves nothing about the vendor's own servers."
        ),
        "software": {"name": persona.title},
        "implementation": {**statement["implementation"], "description": persona.title},
        "rest": [
            {
                **rest,
                "security": _security(rest["security"], persona),
                "resource": [
                    _resource(resource, offered[resource["type"]], behaviour)
                    for resource in rest["resource"]
                    if resource["type"] in offered
                ],
                "interaction": [{"code": code} for code in behaviour.offers.system],
            }
        ],
    }
    if not behaviour.offers.system:
        del played["rest"][0]["interaction"]
    if not any("patch" in offer.does for offer in offered.values()):
        del played["patchFormat"]
    return played


def _security(security: dict[str, Any], persona: Persona) -> dict[str, Any]:
    """Without the addresses that this EHR's sign-in does not have."""
    unserved = set()
    if not persona.oauth.introspection:
        unserved.add("introspect")
    if not persona.oauth.revocation:
        unserved.add("revoke")
    extensions = [
        {**each, "extension": [uri for uri in each["extension"] if uri["url"] not in unserved]}
        for each in security["extension"]
    ]
    return {**security, "extension": extensions}


def _resource(resource: dict[str, Any], offer: TypeOffer, behaviour: Behaviour) -> dict[str, Any]:
    name = resource["type"]
    served = {each["name"]: each for each in resource["searchParam"]}
    played: dict[str, Any] = {
        "type": name,
        "extension": _declared(name, behaviour),
        "interaction": [{"code": code} for code in offer.does],
        "versioning": "versioned-update" if behaviour.versions.if_match else "versioned",
        "readHistory": False,
        "updateCreate": False,
        "conditionalCreate": behaviour.offers.conditional_create,
        "conditionalRead": "not-supported",
        "conditionalUpdate": False,
        "conditionalDelete": "not-supported",
        "referencePolicy": resource["referencePolicy"],
        "searchInclude": list(behaviour.offers.included(name)),
        "searchRevInclude": list(offer.revinclude),
        # A parameter that R4 does not know is the one that pages are handed out by.
        "searchParam": [served.get(code, {"name": code, "type": "string"}) for code in offer.by],
    }
    return {key: value for key, value in played.items() if value != []}


def _declared(resource_type: str, behaviour: Behaviour) -> list[dict[str, Any]]:
    """The required parameters, as an extension that can be read by machine."""
    rules = [
        rule
        for rule in behaviour.required
        if rule.demanded_of(resource_type, behaviour.offers) and not rule.when
    ]
    if not behaviour.declares_required or not rules:
        return []
    ways = [way for rule in rules for way in _ways(rule)]
    return [{"url": behaviour.declares_required, "extension": ways}]


def _ways(rule: RequiredSearch) -> list[dict[str, str]]:
    url = _ANY_OF if len(rule.needs) > 1 else _ALL_OF
    return [{"url": url, "valueString": way.replace(" ", ", ")} for way in rule.needs]
