"""The readiness check: what of Chartside will work at one EHR, told before the first nurse opens a chart.

    subject + token -> report.sections(...) -> Section(Finding, ...) -> table.text / document.document / a page

Each probe is a small function that asks one thing and gives Findings; `report.py` runs them in order. No Flask here, so
that the command and the administrator's page are the same check. Nothing here writes to the EHR but `write_test.py`.
A Finding never holds a token, a name, an id of a patient or a value from a chart: it is handed to a security review.
"""
