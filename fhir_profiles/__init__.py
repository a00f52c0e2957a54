"""What is valid: Chartside's FHIR R4 profiles, code systems and value sets, and the one validator over them.

Everything that judges a resource stands here and nowhere else, so that the forms, the writer and the sandbox EHR
cannot drift into three opinions. Spec: https://hl7.org/fhir/R4/profiling.html
"""
