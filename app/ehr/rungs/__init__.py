"""The rungs of the write ladder: the forms in which an EHR takes what was documented, best first (design section 6)."""
