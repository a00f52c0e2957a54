"""The parts that may be drawn into the contact form, in the order in which they stand there."""

from __future__ import annotations

from mappings.contact_part import ContactPart

PARTS: tuple[ContactPart, ...] = ()
