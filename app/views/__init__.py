"""The pages. Each noun has one module with one blueprint; this tuple is the list of all of them."""

from __future__ import annotations

from flask import Blueprint

from app.views import (
    admin,
    care_plan,
    close_plan,
    consent,
    contact,
    documents,
    draft,
    filed_here,
    home,
    idle,
    jwks,
    launch,
    ledger,
    paste,
    preferences,
    receipt,
    staff,
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
        consent,
        care_plan,
        close_plan,
        contact,
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
