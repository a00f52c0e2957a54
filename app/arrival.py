"""What becomes of a grant: a session, and a launch of the patient's chart or of no chart.

What the EHR says about the launch is checked before a page shows it: whose visit it is, which practice sent it.
https://hl7.org/fhir/smart-app-launch/STU2.2/scopes-and-launch-context.html
"""

from __future__ import annotations

from flask import g

from app.current import current_gateway, current_launch, current_staff_client
from app.errors import NoPatient, WrongTenant
from app.launches import Launch
from app.logs import log, log_failure, short_hash
from app.services import services
from app.sessions import BrowserSession, current_session, idle_session, use
from app.sign_in import SignIn
from app.staff_launches import StaffLaunch
from mappings.human_name import person_name
from smart_launch.errors import SmartError
from smart_launch.fhir_client import SmartClient
from smart_launch.grant import Grant


def arrive(sign_in: SignIn, grant: Grant) -> Launch | StaffLaunch:
    """The launch that this grant opens, under a new session id.

    Raises WrongTenant for a launch of another practice, NoPatient where the user was to choose one and nobody was.
    """
    _check_tenant(sign_in, grant)
    if sign_in.purpose == "patient" and not grant.context.patient:
        _give_back(sign_in, grant)
        raise NoPatient()
    session = use(
        services().sessions.sign_in(
            current_session() or idle_session(), sign_in.ehr.name, grant.fhir_user or grant.subject
        )
    )
    if sign_in.purpose == "staff" or not grant.context.patient:
        return _staff(sign_in, grant, session)
    return _chart(sign_in, grant, session, grant.context.patient)


def _check_tenant(sign_in: SignIn, grant: Grant) -> None:
    """Where one address serves several practices, only the configured one's charts are opened."""
    expected = sign_in.ehr.tenant
    if expected is not None and grant.context.tenant != expected:
        _give_back(sign_in, grant)
        raise WrongTenant()


def _give_back(sign_in: SignIn, grant: Grant) -> None:
    """Ends a grant that no launch will use, where the EHR offers that."""
    app = services()
    registration = sign_in.ehr.registration(app.settings.redirect_uri, now=app.now())
    SmartClient(registration, sign_in.pending.configuration, grant, http=app.http, now=app.now).revoke()


def _chart(sign_in: SignIn, grant: Grant, session: BrowserSession, patient_id: str) -> Launch:
    app = services()
    g.launch = app.launches.create(
        sign_in.ehr, sign_in.pending.configuration, grant, owner=session.owner, patient_id=patient_id
    )
    launch = app.launches.amend(
        current_launch(),
        user_name=_name_of_user(current_gateway().client, current_launch().user),
        encounter_id=_own_encounter(current_launch()),
    )
    g.launch = launch
    _note("launched", launch)
    return launch


def _staff(sign_in: SignIn, grant: Grant, session: BrowserSession) -> StaffLaunch:
    app = services()
    g.staff_launch = app.staff_launches.create(
        sign_in.ehr, sign_in.pending.configuration, grant, owner=session.owner
    )
    launch = app.staff_launches.amend(
        g.staff_launch, user_name=_name_of_user(current_staff_client(), g.staff_launch.user)
    )
    g.staff_launch = launch
    _note("launched-without-patient", launch)
    return launch


def _note(event: str, launch: Launch | StaffLaunch) -> None:
    log(
        event,
        launch=short_hash(launch.id),
        ehr=launch.ehr.name,
        user=launch.user,
        scopes=launch.grant.scopes.text,
    )


def _own_encounter(launch: Launch) -> str | None:
    """The visit of the launch, once it is seen to be this patient's; else None: what is filed names no visit then."""
    if launch.encounter_id is None:
        return None
    try:
        current_gateway().read("Encounter", launch.encounter_id)
    except SmartError as error:
        log_failure("encounter-not-read", error, launch=short_hash(launch.id))
        return None
    return launch.encounter_id


def _name_of_user(client: SmartClient, user: str | None) -> str:
    """The user's name as the EHR has it; "" where it may not be read: a launch does not fail for that."""
    if user is None or not user.startswith("Practitioner/"):
        return ""
    try:
        resource = client.get(user)
    except SmartError as error:
        log_failure("user-not-read", error)
        return ""
    name = person_name(resource.get("name"))
    return name.formal if resource["resourceType"] == "Practitioner" and name.recorded else ""
