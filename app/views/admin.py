"""The administrator's page: the readiness check, shown section by section while it runs.

Who may see it is settled before any of this runs (`app.security`): a launch without a patient, of a user whom the
settings name. A patient's id comes in a form and never in an address; the page itself writes nothing to the EHR.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime

from flask import Blueprint, Response, jsonify, request, stream_template, url_for

from app.check.access import opened_access
from app.check.document import document
from app.check.finding import TITLES, Area, Finding, Result, Section, State, failed, result_of
from app.check.inquiry import Inquiry
from app.check.report import Run, areas, section
from app.check.subject import Subject
from app.check.table import RESULT_WORDS
from app.check.wire import Wire
from app.logs import log, log_failure, short_hash
from app.security import csrf_token
from app.services import services
from app.staff_launches import StaffLaunch, current_staff_launch
from app.version import VERSION

blueprint = Blueprint("admin", __name__)

_ID = re.compile(r"[A-Za-z0-9._~-]{1,128}")
WRONG_ID = (
    "Write the id as it stands in the address of the Patient resource: letters, digits, hyphens and dots."
)


@blueprint.route("/admin/<staff_launch_id>/", methods=["GET", "POST"])
def show(staff_launch_id: str) -> Response:
    """The check as it runs. By POST with a patient's id, whose chart is then read as a launch reads it."""
    launch, patient_id, problem = current_staff_launch(), *_patient()
    run, done = _run(launch, patient_id), list[Section]()
    page = stream_template(
        "admin/show.html",
        ehr=launch.ehr,
        iss=run.inquiry.subject.shown,
        checked_at=launch.local_time(services().now()),
        parts=[(area.value, TITLES[area], _probe(run, area, done)) for area in areas(run)],
        outcome=lambda: _outcome(launch, done),
        patient_id=patient_id or "",
        problem=problem,
        csrf=csrf_token(),
        here=url_for("admin.show", staff_launch_id=staff_launch_id),
        report=url_for("admin.report", staff_launch_id=staff_launch_id),
        staff=url_for("staff.show", staff_launch_id=staff_launch_id),
    )
    # A proxy that collects the page before it passes it on would make the wait a blank one.
    return Response(page, mimetype="text/html", headers={"X-Accel-Buffering": "no"})


@blueprint.post("/admin/<staff_launch_id>/report.json")
def report(staff_launch_id: str) -> Response:
    """The same check, run again, as a JSON file."""
    del staff_launch_id
    launch, (patient_id, _) = current_staff_launch(), _patient()
    run, done = _run(launch, patient_id), list[Section]()
    for area in areas(run):
        _probe(run, area, done)()
    made = document(
        run.inquiry.subject,
        done,
        now=services().now(),
        app_version=VERSION,
        with_token=True,
        with_patient=patient_id is not None,
    )
    _outcome(launch, done)
    day = datetime.fromtimestamp(services().now(), UTC).strftime("%Y-%m-%d")
    answer = jsonify(made)
    answer.headers["Content-Disposition"] = (
        f'attachment; filename="chartside-check-{launch.ehr.name}-{day}.json"'
    )
    return answer


def _patient() -> tuple[str | None, str]:
    """The id in the form, where there is one, and what is wrong with it."""
    given = request.form.get("patient", "").strip()
    if not given:
        return None, ""
    return (given, "") if _ID.fullmatch(given) else (None, WRONG_ID)


def _run(launch: StaffLaunch, patient_id: str | None) -> Run:
    app = services()
    subject = Subject(launch.ehr.iss, launch.ehr, app.settings)
    inquiry = Inquiry(subject, http=app.http, wire=Wire(app.settings.ca_file), now=app.now)
    access = opened_access(inquiry, lambda http: app.staff_launches.client(launch, http))
    return Run(inquiry, access, patient_id)


def _probe(run: Run, area: Area, done: list[Section]) -> Callable[[], Section]:
    """Runs one section when the page has come to it. Half a page is out by then, so no error may end it."""

    def probe() -> Section:
        try:
            found = section(run, area)
        except Exception as error:  # noqa: BLE001 - logged, and told in its place: the other sections still come
            log_failure("check-failed", error, area=area.value)
            found = Section(area, (_broken(area),))
        done.append(found)
        return found

    return probe


def _broken(area: Area) -> Finding:
    return Finding(
        area,
        "not-checked",
        State.FAILED,
        "This could not be checked, because Chartside met an error of its own. Check again; if it happens again, the"
        " log says where.",
        unanswered=True,
    )


def _outcome(launch: StaffLaunch, done: list[Section]) -> tuple[Result, str, tuple[Finding, ...]]:
    """What it comes to, in words, and what somebody must act on."""
    result = result_of(done)
    log(
        "checked",
        launch=short_hash(launch.id),
        user=launch.user,
        ehr=launch.ehr.name,
        result=result.value,
    )
    return result, RESULT_WORDS[result], failed(done)


SIGNS = {
    State.OK: "Works",
    State.NOTE: "To know",
    State.MISSING: "Not offered",
    State.FAILED: "Will not work",
}
"""What each state is called beside its sentence: color alone tells nobody anything."""


@blueprint.app_template_global("state_words")
def state_words(state: State) -> str:
    """The words for a state."""
    return SIGNS[state]
