"""For plugin authors: what every plugin must keep, as functions that raise AssertionError with a sentence.

The contract suite of the bundled plugins (``tests/contract``) runs `check_manifest` on each, and `check_live` against
its simulated face and against the real server. An outside plugin does the same in one test file.
"""

from __future__ import annotations

import importlib
import inspect
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import msgspec

from hsops.api import (
    Action,
    Batch,
    CheckResult,
    Gate,
    Health,
    HostMaintenance,
    HostSystem,
    Input,
    Plugin,
    QualityStatus,
    Ref,
    Resource,
    Silencer,
    Source,
    State,
    Workflow,
    plain,
)
from hsops.registry import resolve
from hsops.workflow.inputs import convert

CLIENT_LIBRARIES = ("aiohttp", "asyncssh", "dbos", "hvac", "kubernetes", "maas.client", "openstack", "rados", "textual")
"""What a manifest may not import: a console that reads all manifests would pay for all of them.

(`maas` itself is in every process: its distribution has a namespace file.)
"""

LEVELS = ("bronze", "silver", "gold")


def check_manifest(plugin: Plugin) -> None:
    """All that can be proved without a server."""
    _check_names(plugin)
    _check_sources(plugin)
    _check_panels(plugin)
    _check_offers(plugin)
    _check_targets(plugin)
    for workflow in plugin.workflows:
        check_workflow(workflow)
    _check_quality(plugin)


def _check_names(plugin: Plugin) -> None:
    assert plugin.name.isidentifier(), f"{plugin.name!r} is not a word"
    assert plugin.kinds, f"{plugin.name} has no kinds"
    for kind in plugin.kinds:
        assert kind.name.startswith(plugin.name + "."), f"{kind.name} does not begin with {plugin.name}."
        assert kind.name == kind.resource.KIND, f"{kind.resource.__name__}.KIND is not {kind.name}"
        names = [column.name for column in kind.columns]
        assert names, f"{kind.name} has no columns"
        assert len(set(names)) == len(names), f"{kind.name} has two columns of one name"
        for name in names:
            assert name == name.lower().replace(" ", ""), f"{kind.name}: a script cannot type the column {name!r}"
        assert any(column.priority == 0 for column in kind.columns), f"{kind.name}: no column stays when it is narrow"


def _check_sources(plugin: Plugin) -> None:
    known = {kind.name for kind in plugin.kinds}
    fed = [kind for source in plugin.sources for kind in source.kinds]
    assert set(fed) == known, f"{plugin.name}: sources feed {sorted(set(fed) ^ known)} of other kinds, or none"
    assert len(set(fed)) == len(fed), f"{plugin.name}: a kind has two sources"
    for source in plugin.sources:
        assert (source.poll is None) != (source.watch is None), f"{source.kinds}: poll or watch, one of them"
        assert 0 < source.every <= source.background, f"{source.kinds}: the background is faster than the foreground"


def _check_panels(plugin: Plugin) -> None:
    known = {kind.name: kind for kind in plugin.kinds}
    for panel in plugin.panels:
        assert panel.kind in known, f"a panel of {plugin.name} shows {panel.kind}, which it does not have"
        columns = {column.name for column in known[panel.kind].columns}
        assert not panel.sort or panel.sort.lstrip("-") in columns, f"{panel.kind} has no column {panel.sort}"
        assert panel.drill is None or panel.drill.kind in known, f"{panel.kind} drills into a foreign kind"
        assert bool(panel.special) == (panel.feed is not None), f"{panel.kind}: a special panel needs a feed"


def _check_offers(plugin: Plugin) -> None:
    known = {kind.name for kind in plugin.kinds}
    offers: list[Action | Workflow] = [*plugin.actions, *plugin.workflows]
    for offer in offers:
        assert set(offer.kinds) <= known, f"{offer.name} is offered on foreign kinds"
        for field in offer.inputs:
            assert field.type != "ref" or field.kind, f"{offer.name}: {field.name} does not say which kind it takes"
    for kind in known:
        keys = [offer.key for offer in offers if kind in offer.kinds and offer.key]
        assert len(set(keys)) == len(keys), f"{kind}: two offers on one key"


def _check_targets(plugin: Plugin) -> None:
    """Every ``module:attribute`` exists. Client libraries must be installed for it."""
    offers = [*(action.run for action in plugin.actions), *(workflow.run for workflow in plugin.workflows)]
    capabilities = [
        plugin.raw, plugin.discover, plugin.series, plugin.silencer, plugin.gates, plugin.racks, plugin.simulator,
    ]  # fmt: skip
    for target in [plugin.connect, *offers, *filter(None, capabilities)]:
        assert callable(resolve(target)), f"{target} cannot be called"
    values = ((plugin.maintenance, HostMaintenance), (plugin.host_system, HostSystem))
    for target, protocol in values:
        missing = [name for name in vars(protocol) if not name.startswith("_") and not _has(target, name)]
        assert not missing, f"{target} lacks {', '.join(missing)}"


def _has(target: str, method: str) -> bool:
    return not target or callable(getattr(resolve(target), method, None))


TYPES = ("text", "int", "duration", "bool", "choice", "ref")


def check_workflow(workflow: Workflow) -> None:
    """Its declaration: what the form, the command line and the catalogue make of it."""
    name = workflow.name
    assert re.fullmatch(r"[a-z][a-z0-9-]*(\.[a-z][a-z0-9-]*)+", name), f"{name!r} is not like hypervisor.drain"
    assert workflow.title.strip(), f"{name} has no title"
    assert workflow.summary.strip(), f"{name} has no summary"
    assert inspect.iscoroutinefunction(resolve(workflow.run)), f"{name}: {workflow.run} is no async function"
    fields = [field.name for field in workflow.inputs]
    assert len(set(fields)) == len(fields), f"{name} has two inputs of one name"
    for field in workflow.inputs:
        _check_input(name, field)
    if workflow.kinds:
        kinds = {field.kind for field in workflow.inputs if field.type == "ref"}
        assert set(workflow.kinds) <= kinds, f"{name} is offered on rows of a kind that no input takes"
    target = workflow.target({field.name: field.default or "x" for field in workflow.inputs})
    assert isinstance(target, str), f"{name}: the target is no text"


def _check_input(workflow: str, field: Input) -> None:
    name = f"{workflow}: the input {field.name}"
    assert re.fullmatch(r"[a-z][a-z0-9_-]*", field.name), f"{name} cannot be typed as --{field.name}"
    assert field.title.strip(), f"{name} does not say what it is"
    assert field.type in TYPES, f"{name} has the unknown type {field.type}"
    assert field.type != "ref" or field.kind, f"{name} does not say which kind it takes"
    assert field.type == "ref" or not field.kind, f"{name} has a kind but is no ref"
    assert (field.type == "choice") == bool(field.choices), f"{name}: choices belong to the type choice"
    if field.default:
        one = Workflow(name="x", title="", summary="", run="", inputs=(field,))
        convert(one, {field.name: field.default})  # raises UserError for a default that is none of its type


async def check_gate(gate: Gate) -> None:
    """Against a server that is well: the baseline is JSON, and what held as the run began does not stop it."""
    assert gate.name.strip(), f"{type(gate).__name__} has no name"
    baseline = msgspec.json.decode(msgspec.json.encode(await gate.baseline()))  # as the journal gives it back
    result = await gate.look(baseline)
    assert isinstance(result, CheckResult), f"{gate.name}: look() gives a CheckResult"
    assert result.name == gate.name, f"{gate.name}: its result is called {result.name}"
    assert result.text.strip(), f"{gate.name} says nothing"
    assert result.ok or result.hint, f"{gate.name} is red and does not say what to do"


def _check_quality(plugin: Plugin) -> None:
    quality = plugin.quality
    assert quality.level in LEVELS, f"{plugin.name}: no such level: {quality.level}"
    for rule in quality.rules:
        excused = rule.status is not QualityStatus.EXEMPT or rule.reason
        assert excused, f"{plugin.name} is exempt from {rule.name!r} without a reason"


def check_manifest_is_light(module: str) -> None:
    """Importing a manifest loads no client library, no terminal and no simulator. Runs in a process of its own."""
    code = f"import sys, {module}; print(*sorted(set({CLIENT_LIBRARIES!r}) & set(sys.modules)), sep=',')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)  # noqa: S603 - our own interpreter and text
    assert done.returncode == 0, done.stderr
    assert not done.stdout.strip(), f"{module} imports {done.stdout.strip()}"
    faces = f"import sys, {module}; print(any(name.startswith({module!r} + '.simulator') for name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", faces], capture_output=True, text=True, check=False, timeout=60)  # noqa: S603 - our own interpreter and text
    assert done.stdout.strip() == "False", f"{module} imports its simulator face"


@asynccontextmanager
async def connected(plugin: Plugin, settings: Mapping[str, Any], context: Any) -> AsyncIterator[Any]:
    """An open connection with the options of a site file's mapping (without ``plugin`` and ``name``)."""
    known = {key: value for key, value in settings.items() if key not in ("plugin", "name", "timeout")}
    options = msgspec.convert(known, type=plugin.options)
    connection = await resolve(plugin.connect)(options, context)
    try:
        yield connection
    finally:
        await connection.aclose()
        await connection.aclose()  # closing twice is harmless


async def check_live(plugin: Plugin, connection: Any) -> Mapping[str, Sequence[Resource]]:
    """Against a server: health answers, every source lists, every column and link of every row can be read."""
    health = await connection.health()
    assert isinstance(health.health, Health), "health() gives a SystemHealth"
    rows: dict[str, list[Resource]] = {kind.name: [] for kind in plugin.kinds}
    for source in plugin.sources:
        batch = await first_batch(source, connection)
        assert batch.full, f"{source.kinds}: the first batch is not the whole truth"
        for resource in batch.upserts:
            assert resource.KIND in source.kinds, f"{source.kinds} gave a {resource.KIND}"
            rows[resource.KIND].append(resource)
        if source.poll is not None:
            again = await source.poll(connection, batch.cursor)
            assert again.full or batch.cursor is not None, f"{source.kinds}: a difference without a cursor"
    for kind in plugin.kinds:
        _check_rows(kind.columns, rows[kind.name])
    if plugin.headlines is not None:
        for line in plugin.headlines(lambda kind: rows.get(kind, [])):
            assert line.text == plain(line.text), f"a headline would drive the terminal: {plain(line.text)}"
    await _check_raw(plugin, connection, rows)
    await _check_capabilities(plugin, connection)
    return rows


async def _check_capabilities(plugin: Plugin, connection: Any) -> None:
    if plugin.gates:
        gates = resolve(plugin.gates)(connection)
        names = [gate.name for gate in gates]
        assert len(set(names)) == len(names), f"{plugin.name} has two gates of one name"
        for gate in gates:
            await check_gate(gate)
    if plugin.racks:
        for rack, hosts in (await resolve(plugin.racks)(connection)).items():
            assert rack, f"{plugin.name} knows a rack without a name"
            assert all(isinstance(host, str) and host for host in hosts), f"{plugin.name}: {rack} has odd hosts"
    if plugin.silencer:
        silencer = resolve(plugin.silencer)(connection)
        missing = [name for name in vars(Silencer) if not name.startswith("_") and not hasattr(silencer, name)]
        assert not missing, f"{plugin.silencer} lacks {', '.join(missing)}"


async def first_batch(source: Source, connection: Any) -> Batch:
    """What a source gives first, by poll or by watch: all its rows."""
    if source.poll is not None:
        batch: Batch = await source.poll(connection, None)
        return batch
    if source.watch is not None:
        async for batch in source.watch(connection):
            return batch
    raise AssertionError(f"{source.kinds}: the watch ended without a batch")


def _check_rows(columns: Sequence[Any], rows: Sequence[Resource]) -> None:
    keys = [row.key() for row in rows]
    assert len(set(keys)) == len(keys), "two rows of one kind have the same key"
    for row in rows:
        assert isinstance(row.health(), Health)
        assert isinstance(row.title(), str)
        for link in row.links():
            assert link.target.id, f"{row.KIND}/{row.key()} links to a {link.target.kind} without a name"
        for column in columns:
            value = column.value(row)
            assert value is None or isinstance(value, (str, int, float, tuple, State)) or hasattr(value, "isoformat"), (
                f"{column.name} of {row.KIND} is a {type(value).__name__}"
            )


async def _check_raw(plugin: Plugin, connection: Any, rows: Mapping[str, Sequence[Resource]]) -> None:
    if not plugin.raw:
        return
    for kind, members in rows.items():
        if members:
            whole = await resolve(plugin.raw)(connection, Ref(kind, members[0].key()))
            assert whole, f"raw of {kind}/{members[0].key()} is empty"


def module_of(plugin: Plugin) -> str:
    """The package a plugin's connect lives in: ``hsops.plugins.ceph``."""
    package = plugin.connect.split(":")[0].rsplit(".", 1)[0]
    importlib.import_module(package)
    return package
