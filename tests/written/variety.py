"""The whole variety of saves, as episodes of patients: every answer that a form offers is given in one of them.

Five courses go through every way of contact and every result of one; the others hold what only happens now and then.
`tests/test_written_resources.py` counts that nothing a form offers was left out.
"""

from __future__ import annotations

from dataclasses import dataclass

from mappings import pick_lists
from tests.mappings.assessing import NEEDS
from tests.mappings.questionnaire.making import ANSWERED
from tests.written.answers import A1C, BY_ROLE, FOUND, HOSTILE, IN_A_VISIT, LONG, SCALE, STEP, UNKNOWN_USER
from tests.written.card_saves import EVERY_CARD
from tests.written.contact_saves import each_result, noted, told
from tests.written.plan_saves import agreed, planned, replanned, reviewed, revised
from tests.written.reconciled import reconciled
from tests.written.referral_saves import LOOPS
from tests.written.saves import (
    Save,
    assess,
    change_of_practitioner,
    close,
    consent,
    contact,
    copy_given,
    eligibility,
    goal,
    introduce,
    last_goal,
    plan,
    share,
    step,
    stop,
    take_permission_back,
    template,
    wish,
)
from tests.written.team_saves import task, team
from tests.written.template_saves import visited
from tests.written.transition_saves import called, coordinated, ticked


@dataclass(frozen=True)
class Episode:
    """The saves of one patient, in order. `real`: a patient of the public data, not of the sandbox's cast."""

    name: str
    patient: str
    saves: tuple[Save, ...]
    real: bool = False


_COURSES = (
    Episode(
        "by phone until graduated",
        "gloria-reyes",
        (
            consent(),
            plan(
                1,
                **A1C,
                visit=True,
                what_matters="Dancing at my granddaughter's wedding",
                goal_words="I want to dance",
                goal_how="Two plates of vegetables a day",
                importance="9",
                confidence="6",
                agreed="on",
                note="Likes to be called after four.",
            ),
            *each_result("phone", 2),
            wish(30, "21", "in-person"),
            step(31, "paused", until_in="30", reason="In rehabilitation; at her daughter's"),
            step(40, "following", next_in="5", author=BY_ROLE),
            contact(41, result="wrong-number", next_in="2"),
            visited(42, "diabetes,hypertension,weight", next_in="2"),
            wish(42, "none", ""),
            step(43, "maintenance", further="later", next_in="28", author=UNKNOWN_USER),
            visited(50, "asthma", next_in="2"),
            step(60, "in-control", further="no", author=IN_A_VISIT),
            step(61, "following", next_in="7"),
            step(70, "closing", close_in="20"),
            close(
                90,
                outcome="graduated",
                reason="goals-met",
                final="met",
                hand_back_to="Dr Luis Alvarez",
                tell_provider="on",
                look_again="emergency,result",
                look_again_words="if her daughter moves away",
                look_again_in="180",
                note="Likes to be called in the morning.",
            ),
        ),
    ),
    Episode(
        "by video until transferred",
        "walter-boone",
        (
            consent(mode="written", time="08:15", author=IN_A_VISIT),
            plan(
                1,
                conditions=1,
                measure="weight",
                target_value="182",
                goal_by="care-manager",
                to_do_kind="ask-provider",
                to_do_owner="provider",
                to_do_priority="urgent",
            ),
            ticked(1, "symptoms", plan=True, note=HOSTILE),
            called(1, "medicines", "warning-signs", discharge_signs=HOSTILE, discharge_teach_back="partly"),
            ticked(2, "instructions", "visit", "coordination", "barriers", author=BY_ROLE),
            coordinated(2, name=HOSTILE.split("\n")[0], phone="513-555-0188", text=HOSTILE, owner="provider"),
            *EVERY_CARD,
            planned(2, "service", owner_name="Riverbend Meals", start="2026-11-01", times="60"),
            planned(2, "self-care", text=HOSTILE, often=HOSTILE, author=BY_ROLE),
            replanned(3, often="Twice a week", owner="patient", note=HOSTILE),
            replanned(4, outcome="done", reason="She does it by herself"),
            planned(4, "action", text="Ask the eye clinic for a date", owner="provider", priority="urgent"),
            replanned(5, outcome="called-off", reason=HOSTILE, author=IN_A_VISIT),
            revised(6, care_type="palliative-care", back_up=HOSTILE, section_symptoms=HOSTILE, why=HOSTILE),
            revised(7, care_type="chronic", what_matters="", section_symptoms="", author=BY_ROLE),
            agreed(8, how="video", who="caregiver", who_name=HOSTILE, note=HOSTILE),
            reconciled(8, added=f"Magnesium, when his legs cramp\n{HOSTILE}", note=HOSTILE, minutes="9"),
            reconciled(9, document=False, mode="video", tell="", author=BY_ROLE),
            reviewed(9, author=IN_A_VISIT),
            reviewed(10, result="changed", what=HOSTILE, why=HOSTILE, next_review="", author=UNKNOWN_USER),
            *each_result("video", 11),
            *LOOPS,
            close(40, outcome="transferred", reason="moved", final="not-met", note="Moves to her daughter."),
        ),
    ),
    Episode(
        "in person until stopped, which lapses at the month's end",
        "denise-whitaker",
        (
            consent(agreed_by="caregiver", caregiver_name="June Whitaker (sister)", ago="3"),
            plan(
                1,
                measure="phq-9",
                target_value="9",
                target_comparator="<=",
                conditions=3,
                to_do_kind="schedule-initiating-visit",
                to_do_owner="patient",
            ),
            *each_result("in-person", 2),
            close(20, outcome="stopped", reason="patient-stopped", final="not-attainable"),
            contact(33, next_in="10", note="She calls after the month's end: the consent has lapsed."),
            consent(34, ago="1", time="16:40"),
        ),
    ),
    Episode(
        "at home until lost to follow-up",
        "harold-pike",
        (
            consent(ago="20", time="11:00"),
            plan(1, measure="systolic", target_value="130", conditions=0, agreed="on"),
            coordinated(1, emergency=True, author=UNKNOWN_USER),
            *each_result("home", 2),
            close(60, outcome="lost-to-follow-up", reason="lost-to-follow-up", final="goes-on"),
            plan(62, measure="ldl", target_value="100.5", target_comparator="<=", conditions=1),
            contact(63, progress="better", ruler=(10, 10), answers=True, next_in="5"),
            contact(64, progress="worse", ruler=(1, 1), no_next_reason="Asked not to be called"),
            close(70, outcome="terminated", reason="other-program", final="not-met"),
        ),
    ),
    Episode(
        "by message until ended by the practice",
        "linda-cho",
        (
            consent(),
            plan(1, **STEP, to_do_kind="other", note=LONG),
            *each_result("message", 2),
            *each_result("desk", 10),
            told(18, next_in="9"),
            told(19, no_next_reason=HOSTILE.split("\n")[0], author=BY_ROLE),
            noted(19, author=IN_A_VISIT),
            noted(19, note=HOSTILE, start="08:10", **{"with": "provider"}),
            *team(20),
            close(35, outcome="terminated", reason="other", final="met", note="The service is given up."),
        ),
    ),
)

_TOLD = {"crisis_told": "provider", "crisis_done": "Dr Alvarez calls at noon | today; before lunch"}
_ASKED = (
    assess(33, "function", {"q-do-bathing": ["alone"], "q-helpers": ["Anna\nBen; Carl"]}, half="yes"),
    assess(34, "phq-9", {**ANSWERED["phq-9"], "q-44260-8": ["LA6568-5"]}, author=BY_ROLE),
    *(assess(35, name, answers, **_TOLD) for name, answers in ANSWERED.items()),
    assess(36, "needs-assessment", NEEDS, author=IN_A_VISIT),
)
"""Every questionnaire filled in, one of them in two goes, two of them with an answer that means danger."""

_NOW_AND_THEN = (
    Episode(
        "declined, asked again, agreed",
        "raymond-tull",
        (
            eligibility(-1, attest="me", tier="high", author=IN_A_VISIT),
            introduce(how="letter", answer="later", follow_in="5", note=HOSTILE),
            consent(
                decision="decline",
                decline_reason="other",
                decline_words="Later",
                would_help=HOSTILE,
                ask_again_in="30",
            ),
            consent(30, mode="written"),
            contact(31, answers=True, next_in="14"),
            plan(32, measure="bmi", target_value="27.5", target_comparator="<="),
            *_ASKED,
        ),
    ),
    Episode(
        "declined for good",
        "kevin-marsh",
        (
            *FOUND,
            introduce(-2, how="phone", answer="unknown", author=UNKNOWN_USER),
            introduce(-1, how="video", answer="interested", author=BY_ROLE),
            consent(decision="decline", decline_reason="cost", agreed_by="caregiver", caregiver_name="A son"),
            share(2, ("contact", "protected"), agencies=HOSTILE, why=HOSTILE, until_in="30", author=BY_ROLE),
        ),
    ),
    Episode(
        "a caregiver on file agrees for a child",
        "lily-tran",
        (
            consent(agreed_by="on file"),
            plan(1, **STEP, conditions=1, importance="7", confidence="7"),
            contact(2, **{"with": "caregiver"}, progress="same", next_in="7"),
            task(2, person=True, text="Call about the inhaler"),
            goal(
                3,
                **SCALE,
                goal_by="on file",
                goal_words="I want to play outside again",
                goal_text="Plays outside three times a week",
                goal_how="Ten minutes after school",
                goal_why="Her friends are there",
                goal_term="long-term",
                importance="9",
                confidence="4",
                more_confident="Her brother comes along",
                goal_accepted="pending",
            ),
            last_goal(
                "progress", 9, progress="better", importance="9", confidence="7", level="-1", note="Twice."
            ),
            last_goal(
                "change",
                12,
                reason="The scale was too easy",
                goal_text="Plays outside five times a week",
                goal_term="short-term",
                goal_how="Twenty minutes after school",
                goal_why="",
                level_5="Every day of the week",
                goal_accepted="agree",
            ),
            last_goal("end", 30, ending="not-wanted", reason="She swims now"),
        ),
    ),
    Episode(
        "stopped and declined a month later",
        "earl-whitcomb",
        (
            consent(),
            plan(1, **A1C, conditions=4, visit=True, author=IN_A_VISIT),
            close(2, outcome="stopped", reason="patient-stopped", final="not-met"),
            consent(40, decision="decline", decline_reason="no-time"),
        ),
    ),
    Episode(
        "stopped, agreed anew in the same month, planned in the next",
        "maria-jose-nunez",
        (
            consent(),
            close(1, outcome="stopped", reason="patient-stopped", final="met"),
            consent(2, mode="written"),
            plan(40, measure="systolic", target_value="128", target_comparator="<="),
            template(41, "tobacco", note=HOSTILE, author=BY_ROLE),
            copy_given(42, language="es", how="read-aloud", note=HOSTILE),
            copy_given(
                43, to="other", to_name="Zoë | a neighbor; next door", version="caregiver", how="mailed"
            ),
        ),
    ),
    Episode(
        "lapsed and agreed anew",
        "robin-ashby",
        (
            consent(),
            close(1, outcome="stopped", reason="other-program", final="met"),
            consent(45),
            template(46, "asthma", what_matters=HOSTILE, agreed="yes"),
            share(
                47,
                tuple(pick_lists.shared_facts()),
                agencies="Riverbend Meals\nCity Housing",
                agreed_by="caregiver",
                caregiver_name="Sam Ashby (brother)",
                mode="verbal",
            ),
            take_permission_back(48, reason=HOSTILE),
            change_of_practitioner(49),
            stop(50, words=HOSTILE),
        ),
    ),
    Episode(
        "no consent yet, and ended with the patient's death",
        "noah-park",
        (
            contact(0, next_in="3", service_type="resources"),
            consent(1, visit="schedule", visit_due_in="14"),
            plan(2, **STEP),
            change_of_practitioner(3, decision="decline", decline_reason="other-program"),
            close(9, outcome="terminated", reason="deceased", final="not-attainable"),
        ),
    ),
    Episode(
        "a call to the family after a death",
        "beatrice-lund",
        (contact(0, **{"with": "caregiver"}, no_next_reason="She has died"),),
    ),
    Episode(
        "typed by somebody hostile",
        "bobby-oshea",
        (
            consent(discussed_by=HOSTILE, agreed_by="caregiver", caregiver_name=HOSTILE),
            plan(
                1,
                measure="own",
                own_measure=HOSTILE,
                own_target=HOSTILE,
                goal_text=HOSTILE,
                goal_words=HOSTILE,
                goal_how=HOSTILE,
                what_matters=HOSTILE,
                to_do_text=HOSTILE,
                note=HOSTILE,
            ),
            contact(2, note=HOSTILE, next_text=HOSTILE, next_in="7", progress="met"),
            contact(3, no_next_reason=HOSTILE, result="no-answer", answers=True),
            assess(
                3,
                "safety",
                {**ANSWERED["safety"], "q-safety-words": [HOSTILE]},
                note=HOSTILE,
                crisis_told="nobody",
                crisis_done=HOSTILE,
            ),
            goal(
                3,
                **STEP | {"own_target": HOSTILE},
                goal_by="caregiver",
                goal_by_name=HOSTILE,
                goal_text=HOSTILE,
                goal_why=HOSTILE,
            ),
            last_goal("change", 3, reason=HOSTILE, goal_text="Walks to church", goal_how=HOSTILE),
            last_goal("end", 3, ending="met", reason=HOSTILE),
            close(4, outcome="graduated", reason="other", final="met", note=HOSTILE, hand_back_to=HOSTILE),
        ),
    ),
)


def _course_of(name: str, patient: str, **measure: str) -> Episode:
    """A plain course of a patient of the public data."""
    saves = (
        consent(time="09:00"),
        plan(0, **measure, conditions=99, importance="8", confidence="5", agreed="on"),
        contact(7, progress="better", ruler=(9, 7), answers=True, next_in="14", note="Doing well."),
        contact(21, result="left-message", next_in="3"),
        contact(24, answers=True, progress="met", next_in="28", author=UNKNOWN_USER),
        close(52, outcome="graduated", reason="goals-met", final="met", author=BY_ROLE),
    )
    return Episode(name, patient, saves, real=True)


_PUBLIC = (
    _course_of("Margery Gibson of Synthea", "9bf59715-246f-4ce2-85a6-58c1757f8d21", **A1C),
    _course_of("Ángela Guzmán of Synthea", "acc12451-4ef0-414b-b072-48e780a90874", **STEP),
    _course_of("Renea Quigley of Synthea", "ab4e7a7d-8b0d-41e1-9ce9-3877d7615aed", **A1C),
    _course_of("Michael Kihn of Synthea", "b96aa17a-6e5a-466c-9dd4-78fc74e4d6d2", **STEP),
)

EPISODES = (*_COURSES, *_NOW_AND_THEN, *_PUBLIC)
