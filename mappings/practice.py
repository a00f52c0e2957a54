"""What a practice says of itself: how patients reach it, what to do in a crisis, and how it follows up.

Set by the administrator, the same for every patient, and nothing of it is a fact about one. A number that was not set
is "": a page says so and never makes one up.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from mappings.resource_directory import ResourceDirectory

DEFAULT_CRISIS_STEPS = (
    "Stay on the line and do not leave the patient alone.",
    "Ask directly: is there danger now, a plan or a means at hand, and who is there?",
    "Connect the patient with a provider of the practice today, by a warm hand-over.",
    "Call 911 if there is danger now.",
)
"""Our own wording, used until the practice writes its own."""

DEFAULT_CRISIS_NUMBERS = (
    ("Suicide and Crisis Lifeline (call or text)", "988"),
    ("Domestic Violence Hotline", "1-800-799-7233"),
    ("Emergency", "911"),
)
"""National numbers of the United States: https://988lifeline.org, https://www.thehotline.org"""


@dataclass(frozen=True)
class Practice:
    """One practice. Phone numbers are texts as they are to be read; days and counts are whole numbers.

    `role_title` is what patients call the one who looks after them: nobody likes to be a case.
    `crisis_numbers` are pairs of a label and a number. A patient is offered for lost to follow-up after
    `lost_after_attempts` unanswered tries within `lost_within_days`; `in_person_days` without a meeting in person bring
    a reminder; a patient who declined is asked again after `ask_again_days` unless another day is chosen.
    `program_families` are the services it bills, as codes of `billing_rules.toml`, the one of most patients first.
    Of questions to a provider, by topic (a code of question-topic): `answer_days` are the working days until an answer
    is expected, `answered_by` who answers where that is not the patient's provider, `needs_answer` those that a
    provider always answers. `whereabouts` are pairs of a weekday ("Mon") and where the care manager is
    then, with hours. `chart_link` is the EHR's address that opens Chartside in a chart, with {patient} for the id.
    """

    name: str = ""
    program_name: str = "care management"
    role_title: str = "care manager"
    care_manager_phone: str = ""
    phone_hours: str = ""
    after_hours_phone: str = ""
    crisis_steps: tuple[str, ...] = DEFAULT_CRISIS_STEPS
    crisis_numbers: tuple[tuple[str, str], ...] = DEFAULT_CRISIS_NUMBERS
    lost_after_attempts: int = 3
    lost_within_days: int = 30
    in_person_days: int = 90
    ask_again_days: int = 90
    program_families: tuple[str, ...] = ("ccm",)
    answer_days: tuple[tuple[str, int], ...] = ()
    answered_by: tuple[tuple[str, str], ...] = ()
    needs_answer: tuple[str, ...] = ()
    whereabouts: tuple[tuple[str, str], ...] = ()
    chart_link: str = ""
    resource_directory: ResourceDirectory = field(default_factory=ResourceDirectory)
