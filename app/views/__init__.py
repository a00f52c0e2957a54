"""The pages. Each noun has one module with one blueprint; this tuple is the list of all of them."""

from __future__ import annotations

from flask import Blueprint

from app.views import (
    admin,
    assess,
    care_plan,
    close_plan,
    consent,
    contact,
    crisis,
    documents,
    draft,
    eligibility,
    enrolment,
    filed_here,
    home,
    idle,
    introduce,
    jwks,
    launch,
    ledger,
    paste,
    preferences,
    receipt,
    sharing,
    staff,
    stop,
    style,
    take_back,
    template,
    timer,
    today,
)

BLUEPRINTS: tuple[Blueprint, ...] = tuple(
    page.blueprint
    for page in (
        home,
        jwks,
        launch,
        idle,
        staff,
        admin,
        today,
        enrolment,
        refer,
        eligibility,
        consent,
        introduce,
        sharing,
        stop,
        care_plan,
        close_plan,
        contact,
        assess,
        crisis,
        receipt,
        ledger,
        paste,
        take_back,
        template,
        draft,
        documents,
        filed_here,
        timer,
        preferences,
        style,
    )
)
