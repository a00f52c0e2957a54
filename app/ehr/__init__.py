"""The one way to and from the EHR: reading the chart, filing what was documented, keeping what could not be filed.

No Flask here: everything is given as arguments, so that a page, a command and a test use the same door.
"""
