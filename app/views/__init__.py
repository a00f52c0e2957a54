"""The pages. Each noun has one module with one blueprint; this tuple is the list of all of them."""

from __future__ import annotations

from flask import Blueprint

from app.views.home import blueprint as home
from app.views.launch import blueprint as launch

BLUEPRINTS: tuple[Blueprint, ...] = (home, launch)
