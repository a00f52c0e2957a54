"""Chartside: care management from inside the chart.

`create_app` puts the pieces together; it reads no environment of its own but through Settings, and starts nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from flask import Flask
from jinja2 import StrictUndefined

from app import assets, audit, errors, hosts, logs, security, sessions
from app.audit import AuditTrail
from app.chosen_store import open_store
from app.ehr.begun import BegunSaves
from app.ehr.capabilities import CapabilityCache
from app.ehr.drafts import Drafts
from app.kept_preferences import KeptPreferences
from app.launches import Launches
from app.ledger import Ledger
from app.paste import PasteTexts
from app.scope_steps import ScopeSteps
from app.services import EXTENSION, Services
from app.sessions import Sessions
from app.settings import Settings
from app.smart_style import Styles
from app.staff_launches import StaffLaunches
from app.timer import Timers
from app.tries import Tries
from app.version import VERSION as VERSION
from app.views import BLUEPRINTS
from smart_launch.smart_style import StyleCache
from smart_launch.transport import Http


def create_app(
    settings: Settings | None = None, *, http: Http | None = None, now: Callable[[], float] = time.time
) -> Flask:
    """The Flask app. Without `settings` they are read from chartside.toml and the environment.

    `http` sends every request to an EHR, `now` is the clock in seconds since the epoch; tests give their own.
    """
    settings = settings or Settings.load()
    store = open_store(settings, now=now)
    # What has expired goes when a launch begins; a server that nobody used for a week starts clean as well.
    store.sweep()
    # The hospital's own certificate authorities take the place of the public ones.
    http = http or Http(verify=str(settings.ca_file) if settings.ca_file else True)
    app = Flask(__name__)
    drafts = Drafts(store, hours=settings.draft_hours)
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.extensions[EXTENSION] = Services(
        settings=settings,
        store=store,
        http=http,
        now=now,
        sessions=Sessions(store, settings, now),
        launches=Launches(store, settings, now),
        staff_launches=StaffLaunches(store, settings, now),
        drafts=drafts,
        begun=BegunSaves(store, hours=settings.draft_hours),
        ledger=Ledger(store, drafts, now),
        pastes=PasteTexts(store, now, hours=settings.draft_hours),
        tries=Tries(store, now, hours=settings.draft_hours),
        timers=Timers(store, now),
        audit=AuditTrail(store, now),
        capabilities=CapabilityCache(),
        styles=Styles(StyleCache(http=http, now=now)),
        preferences=KeptPreferences(store, settings, now),
        scope_steps=ScopeSteps(store, now),
    )
    errors.register(app)
    logs.register(app)
    hosts.register(app)
    sessions.register(app, app.extensions[EXTENSION].sessions)
    security.register(app)
    audit.register(app, app.extensions[EXTENSION].audit)
    assets.register(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    return app
