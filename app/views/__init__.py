"""The pages. Each noun has one module with one blueprint; this tuple is the list of all of them."""

from __future__ import annotations

from flask import Blueprint

from app.views.care_plan import blueprint as care_plan
from app.views.close_plan import blueprint as close_plan
from app.views.consent import blueprint as consent
from app.views.contact import blueprint as contact
from app.views.draft import blueprint as draft
from app.views.home import blueprint as home
from app.views.launch import blueprint as launch
from app.views.receipt import blueprint as receipt
from app.views.timer import blueprint as timer
from app.views.today import blueprint as today

BLUEPRINTS: tuple[Blueprint, ...] = (
    home, launch, today, consent, care_plan, close_plan, contact, receipt, draft, timer
)  # fmt: skip
