"""Cards in the EHR's own chart: the CDS Hooks 2.0 service, for the EHRs that `[ehr.cds_hooks]` names.

    Authorization: Bearer JWT -> caller -> which EHR calls
    body within a limit       -> call   -> whose chart was opened, and what was prefetched
                                 mappings.cds_cards -> cards -> answer (JSON, with links into the app)
    what became of a card     -> feedback -> counted in the log, by kind and reason, of nobody

No session, no cookie, no form token: each call proves itself. Nothing is asked of the EHR and nothing of a patient is
kept or logged. https://cds-hooks.hl7.org/2.0/
"""
