"""Kinds, plugins and workflows as sheets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from hsops.cli.output.sheet import Field, Sheet, plain_document
from hsops.model import Kind
from hsops.plugin import Plugin, Workflow
from hsops.registry import Registry


def kinds(registry: Registry) -> Sheet:
    """All kinds."""
    fields: tuple[Field, ...] = (
        Field("name", lambda kind: kind.name),
        Field("title", lambda kind: kind.title),
        Field("aliases", lambda kind: list(dict.fromkeys((kind.name.partition(".")[2], *kind.aliases)))),
        Field("layer", lambda kind: registry.owner(kind.name).layer.title, priority=20),
        Field("columns", lambda kind: [column.name for column in kind.columns], priority=30, width=100),
    )

    def name(kind: Kind) -> str:
        return f"kind/{kind.name}"

    return Sheet("Kind", fields, registry.kinds, lambda kind: plain_document("Kind", kind.name, fields, kind), name)


class Listed(NamedTuple):
    """A plugin that works, or the name of one that does not and why."""

    name: str
    plugin: Plugin | None
    fault: str = ""


def plugins(registry: Registry) -> Sheet:
    """All plugins."""
    items = [Listed(name, plugin) for name, plugin in registry.plugins.items()]
    items += [Listed(name, None, fault) for name, fault in sorted(registry.broken.items())]
    fields: tuple[Field, ...] = (
        Field("name", lambda item: item.name),
        Field("title", lambda item: item.plugin.title if item.plugin else None),
        Field("layer", lambda item: item.plugin.layer.title if item.plugin else None, priority=20),
        Field("state", lambda item: "ok" if item.plugin else "broken", colour=_state),
        Field("quality", lambda item: item.plugin.quality.level if item.plugin else None, priority=30),
        Field("kinds", _kinds, priority=40, width=100),
        Field("fault", lambda item: item.fault, priority=10),
    )
    return Sheet(
        "Plugin", fields, items, lambda item: plain_document("Plugin", item.name, fields, item),
        name=lambda item: f"plugin/{item.name}",
    )  # fmt: skip


def _state(item: Listed) -> str:
    return "ok" if item.plugin else "critical"


def _kinds(item: Listed) -> list[str]:
    return [kind.name.partition(".")[2] for kind in item.plugin.kinds] if item.plugin else []


def workflows(registry: Registry) -> Sheet:
    """All workflows."""
    fields: tuple[Field, ...] = (
        Field("name", lambda workflow: workflow.name),
        Field("title", lambda workflow: workflow.title),
        Field("danger", lambda workflow: workflow.danger.name.lower(), priority=10),
        Field("inputs", lambda workflow: [entry.name for entry in workflow.inputs], priority=20),
        Field("summary", lambda workflow: workflow.summary, priority=5, width=100),
    )

    def name(workflow: Workflow) -> str:
        return f"workflow/{workflow.name}"

    return Sheet(
        "Workflow", fields, registry.workflows, lambda item: plain_document("Workflow", item.name, fields, item), name
    )


SHEETS: Mapping[str, Callable[[Registry], Sheet]] = {"kinds": kinds, "plugins": plugins, "workflows": workflows}
