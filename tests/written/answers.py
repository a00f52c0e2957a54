"""What is typed again and again in the variety of saves, and the way of a patient who was referred first."""

from __future__ import annotations

from tests.written.saves import LAUNCHED_IN_A_VISIT, eligibility, refer

HOSTILE = "A <b>bold</b> & \"quoted\" 'line' ]]> &nbsp; \\u0000 🙂 مرحبا\nsecond line; Minutes: 99"
LONG = "Fasting glucose 140 to 160. " * 142
UNKNOWN_USER = {"user": None, "user_name": ""}
BY_ROLE = {"user": "PractitionerRole/nurse-role", "user_name": "Dana Whitfield RN"}
IN_A_VISIT = {"encounter": LAUNCHED_IN_A_VISIT, "organization": "Organization/riverbend"}
STEP = {"measure": "own", "own_measure": "Minutes walked in a row", "own_target": "20 minutes"}
SCALE = {"measure": "scale", **{f"level_{number}": f"{number} walks a week" for number in range(1, 6)}}
A1C = {"measure": "a1c", "target_value": "7.5", "target_comparator": "<="}

FOUND = (
    refer(-40, "crisis", words=HOSTILE),
    refer(-39, "discharge"),
    eligibility(-20, attest="ask", other_condition="Lupus | of the skin; mild"),
    eligibility(-19, attest="provider", attested_by="Dr Luis Alvarez", why=HOSTILE),
    eligibility(-18, decision="not-eligible", tier="low", author=UNKNOWN_USER),
    refer(-17, "list", origin="payer-list", asked_by="Riverbend Health Plan"),
)
"""Referred three times and decided three times; a decision has looked at the referrals before it."""
