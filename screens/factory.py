"""From a place to its screen. Screens are imported when they are first opened, so that the first paint is early."""

from __future__ import annotations

from hsops.errors import UserError
from hsops.model import Key
from hsops.screens.desk import Desk
from hsops.screens.place import Place
from hsops.screens.place import View as Kind
from hsops.screens.view import View


def make(desk: Desk, place: Place) -> View:
    """The screen of a place. Raises UserError when there is nothing to show."""
    # ruff: noqa: PLC0415 - the whole point of this module
    match place.view:
        case Kind.OVERVIEW:
            from hsops.screens.overview import Overview

            return Overview(desk, place)
        case Kind.PANEL:
            return _panel(desk, place)
        case Kind.DETAIL | Kind.YAML | Kind.IMPACT:
            return _about(desk, place, _key_of(place))
        case Kind.SOURCES:
            from hsops.screens.sources import Sources

            return Sources(desk, place)
        case Kind.HELP | Kind.ALIASES:
            from hsops.screens.help import Aliases

            return Aliases(desk, place)
        case _:
            return _workflow(desk, place)


def _panel(desk: Desk, place: Place) -> View:
    whole = not (place.query or place.parent or place.ids or place.name)
    if whole and desk.registry.panel(place.kind).special == "pg-map":
        from hsops.screens.pg_map import PgMapView

        return PgMapView(desk, place)
    from hsops.screens.panel import PanelView

    return PanelView(desk, place)


def _about(desk: Desk, place: Place, key: Key) -> View:
    match place.view:
        case Kind.YAML:
            from hsops.screens.yaml_view import YamlView

            return YamlView(desk, place, key)
        case Kind.IMPACT:
            from hsops.screens.impact import ImpactView

            return ImpactView(desk, place, key)
        case _:
            from hsops.screens.detail import DetailView

            return DetailView(desk, place, key)


def _workflow(desk: Desk, place: Place) -> View:
    match place.view:
        case Kind.WORKFLOWS:
            from hsops.screens.catalogue import Catalogue

            return Catalogue(desk, place)
        case Kind.FORM:
            from hsops.screens.form import FormView

            return FormView(desk, place)
        case Kind.RUN:
            from hsops.screens.run import RunView

            return RunView(desk, place)
        case Kind.APPROVAL:
            from hsops.screens.approval import ApprovalView

            return ApprovalView(desk, place)
        case Kind.REPORT:
            from hsops.screens.report import ReportView

            return ReportView(desk, place)
        case _:
            from hsops.screens.run_list import RunList

            return RunList(desk, place)


def _key_of(place: Place) -> Key:
    if place.key is None:
        raise UserError("nothing is chosen", hint="put the cursor on a row")
    return place.key
