"""The questionnaire engine: FHIR Questionnaires as data, drawn, read, scored, filed and shown over time.

`definition` reads a Questionnaire, `catalogue` says which there are, `form` draws one with what the chart knows
(`prefill`), `entry` reads what was typed, `score` and `safety` judge it, `task` files it and `history` reads it back.
The subset of SDC that is understood stands in `definition`. https://hl7.org/fhir/uv/sdc/STU3/
"""
