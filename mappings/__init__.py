"""FHIR resources into frozen view models, and forms into FHIR resources: pure functions only.

No clock, no random, no network, no Flask: time, identity and resources come in as arguments, so that the same
chart always gives the same screen and every rule can be tested by a table.
"""
