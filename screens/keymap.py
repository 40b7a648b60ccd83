"""The key map file read against every key that any screen or plugin has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from hsops.registry import Registry
from hsops.screens.keys import FILE, KnownKey, known, load_keymap
from hsops.screens.offers import Offer


def offered_keys(registry: Registry) -> Iterator[KnownKey]:
    """Keys of the plugins' actions and workflows, without those on which nothing dangerous may lie."""
    actions = [action for plugin in registry.plugins.values() for action in plugin.actions]
    for offer in [*map(Offer, actions), *map(Offer, registry.workflows)]:
        for kind in offer.item.kinds or ("",):
            where = f"panel/{kind}" if kind else "panel"
            yield KnownKey(offer.id, (offer.key,) if offer.key else (), where, offer.item.title)


def all_keys(registry: Registry, app_bindings: Iterable[object]) -> list[KnownKey]:
    """Every key that can be mapped."""
    # ruff: noqa: PLC0415 - every screen is imported here, so this is called only for a key map file and for help
    from hsops.screens import confirm, dialog
    from hsops.screens.approval import ApprovalView
    from hsops.screens.catalogue import Catalogue
    from hsops.screens.detail import DetailView
    from hsops.screens.form import FormView
    from hsops.screens.page import Page
    from hsops.screens.panel import PanelView
    from hsops.screens.pg_map import PgMapView
    from hsops.screens.plan import PlanView
    from hsops.screens.report import ReportView
    from hsops.screens.run import RunView
    from hsops.screens.run_list import RunList
    from hsops.screens.run_wishes import RunWishes
    from hsops.screens.view import View
    from hsops.screens.widgets.lines import LinesView
    from hsops.screens.widgets.prompt import Prompt
    from hsops.screens.widgets.table import PanelTable

    return [
        *known(app_bindings),
        *known(View.BINDINGS),
        *known(PanelTable.BINDINGS, "panel"),
        *known(PanelView.BINDINGS, "panel"),
        *known(LinesView.BINDINGS, "page"),
        *known(Page.BINDINGS, "page"),
        *known(DetailView.BINDINGS, "page/detail"),
        *known(PgMapView.BINDINGS, "page/map"),
        *known(Catalogue.BINDINGS, "page/catalogue"),
        *known(PlanView.BINDINGS, "page/plan"),
        *known(RunList.BINDINGS, "page/runs"),
        *known(ApprovalView.BINDINGS, "page/approval"),
        *known(ReportView.BINDINGS, "page/report"),
        *known(RunWishes.BINDINGS, "page/run"),
        *known(RunView.BINDINGS, "page/run"),
        *known(FormView.BINDINGS, "form"),
        *known(dialog.Dialog.BINDINGS, "dialog"),
        *known(dialog.ActionDialog.BINDINGS, "dialog/action"),
        *known(dialog.Leave.BINDINGS, "dialog/leave"),
        *known(confirm.Confirm.BINDINGS, "dialog/confirm"),
        *known(Prompt.BINDINGS, "prompt"),
        *offered_keys(registry),
    ]


def read_keymap(folder: Path, registry: Registry, app_bindings: Iterable[object]) -> dict[str, str]:
    """``keys.yaml`` of the configuration folder. Raises ConfigInvalid."""
    path = folder / FILE
    return load_keymap(path, all_keys(registry, app_bindings)) if path.exists() else {}
