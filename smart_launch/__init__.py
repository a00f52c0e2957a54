"""SMART App Launch 2.2, client side: how Chartside gets into an EHR and talks to it without losing a token.

    discovery.discover -> authorization.begin -> (the browser goes to the EHR and back) -> authorization.finish
    -> a Grant -> fhir_client.SmartClient(...).get / post / put / patch / transaction

Beside a launch: `backend_services` (the app as itself), `introspection`, `dynamic_registration`, `app_state`
(preferences), `smart_style` (the EHR's look), `key_ring` (our signing keys).

Builders make requests, parsers read answers, and `transport.py` alone sends: so every rule can be read and tested
without a server. Nothing here knows Flask, sessions or storage; time, random values and locks come in as arguments.
https://hl7.org/fhir/smart-app-launch/STU2.2/app-launch.html
"""
