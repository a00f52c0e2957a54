"""The sandbox EHR: a FHIR R4 server, a SMART authorization server and a chart shell, with patients who were made up.

A newcomer has no EHR, so `python -m samples` brings one. It shares no code with the client: what the app believes
about EHRs is tested against something that was not written from the same beliefs.
"""
