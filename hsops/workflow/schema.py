"""The engine's own tables, beside those of DBOS in the same database. Times are epoch seconds, lists are JSON.

DBOS journals the answers of steps; these hold what it has no place for: who owns a run, what a person wants of it, and
how far each item is, in a form that any process can read while the run goes on.
"""

from __future__ import annotations

from sqlalchemy import Connection, text

from hsops.errors import Unsupported

_OPEN = "status NOT IN ('done', 'refused', 'rolled-back', 'failed')"

_FIRST = f"""
CREATE TABLE IF NOT EXISTS hsops_lease (
    executor TEXT PRIMARY KEY,
    host TEXT NOT NULL,
    place TEXT NOT NULL,
    pid BIGINT NOT NULL,
    birth TEXT NOT NULL,
    expires DOUBLE PRECISION NOT NULL,
    taken_by TEXT NOT NULL DEFAULT ''
);
CREATE TABLE IF NOT EXISTS hsops_run (
    id TEXT PRIMARY KEY,
    workflow TEXT NOT NULL,
    title TEXT NOT NULL,
    site TEXT NOT NULL,
    target TEXT NOT NULL,
    request TEXT NOT NULL,
    version TEXT NOT NULL,
    status TEXT NOT NULL,
    reason TEXT NOT NULL DEFAULT '',
    code INTEGER NOT NULL DEFAULT 0,
    owner TEXT NOT NULL DEFAULT '',
    attended INTEGER NOT NULL,
    wish TEXT NOT NULL DEFAULT '',
    wish_by TEXT NOT NULL DEFAULT '',
    touches TEXT NOT NULL DEFAULT '{{}}',
    attempts INTEGER NOT NULL DEFAULT 0,
    created DOUBLE PRECISION NOT NULL,
    started DOUBLE PRECISION,
    ended DOUBLE PRECISION
);
CREATE UNIQUE INDEX IF NOT EXISTS hsops_run_target ON hsops_run (site, target) WHERE target <> '' AND {_OPEN};
CREATE INDEX IF NOT EXISTS hsops_run_open ON hsops_run (owner) WHERE {_OPEN};
CREATE TABLE IF NOT EXISTS hsops_step (
    run TEXT NOT NULL,
    key TEXT NOT NULL,
    position INTEGER NOT NULL,
    body TEXT NOT NULL,
    status TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    verdict TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (run, key)
);
CREATE TABLE IF NOT EXISTS hsops_event (
    seq {{serial}},
    run TEXT NOT NULL,
    key TEXT NOT NULL,
    kind TEXT NOT NULL,
    body TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS hsops_event_run ON hsops_event (run, seq);
"""
_APPROVALS = """
ALTER TABLE hsops_run ADD COLUMN tier TEXT NOT NULL DEFAULT '';
ALTER TABLE hsops_run ADD COLUMN in_window TEXT NOT NULL DEFAULT '';
ALTER TABLE hsops_run ADD COLUMN baselines TEXT NOT NULL DEFAULT '';
CREATE TABLE hsops_approval (
    run TEXT PRIMARY KEY,
    asked DOUBLE PRECISION NOT NULL,
    expires DOUBLE PRECISION NOT NULL,
    digest TEXT NOT NULL,
    plan TEXT NOT NULL,
    verdict TEXT NOT NULL DEFAULT '',
    approver TEXT NOT NULL DEFAULT '',
    answered DOUBLE PRECISION,
    reason TEXT NOT NULL DEFAULT '',
    identity TEXT NOT NULL DEFAULT '',
    signature TEXT NOT NULL DEFAULT ''
);
CREATE TABLE hsops_waiver (
    run TEXT NOT NULL,
    key TEXT NOT NULL,
    gate TEXT NOT NULL,
    waived_by TEXT NOT NULL,
    reason TEXT NOT NULL,
    waived DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (run, key, gate)
);
"""
VERSIONS = (_FIRST, _APPROVALS)
"""What each version of the tables adds to the one before. Append; never change one that was released."""
_SERIAL = {
    "sqlite": "INTEGER PRIMARY KEY AUTOINCREMENT",
    "postgresql": "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
}
_LOCK = 7_402_190_355_118_201
"""Of PostgreSQL's advisory locks: two consoles that start at once create the tables one after the other."""


def migrate(connection: Connection) -> None:
    """Bring the tables to the newest version, in one transaction. Raises Unsupported when they are newer than that."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        connection.execute(text("CREATE SCHEMA IF NOT EXISTS hsops"))
    else:
        connection.execute(text("BEGIN IMMEDIATE"))
    connection.execute(text("CREATE TABLE IF NOT EXISTS hsops_schema (version INTEGER NOT NULL)"))
    found = version(connection)
    for statements in VERSIONS[found:]:
        for statement in statements.replace("{serial}", _SERIAL[connection.dialect.name]).split(";\n"):
            if statement.strip():
                connection.execute(text(statement))
    if found < len(VERSIONS):
        connection.execute(text("DELETE FROM hsops_schema"))
        connection.execute(text("INSERT INTO hsops_schema (version) VALUES (:version)"), {"version": len(VERSIONS)})


def verify(connection: Connection) -> None:
    """For a role that may not create tables. Raises Unsupported unless they are there and of this version."""
    sql = {
        "sqlite": "SELECT count(*) FROM sqlite_master WHERE name = 'hsops_schema'",
        "postgresql": "SELECT count(*) FROM pg_tables WHERE schemaname = 'hsops' AND tablename = 'hsops_schema'",
    }[connection.dialect.name]
    if not connection.execute(text(sql)).scalar() or version(connection) < len(VERSIONS):
        raise Unsupported(
            "the engine's tables are missing or old", hint="start the engine once with a role that has DDL"
        )


def version(connection: Connection) -> int:
    """Of the tables as they are; 0 when there are none. Raises Unsupported when this hsops is too old for them."""
    found: int = connection.execute(text("SELECT coalesce(max(version), 0) FROM hsops_schema")).scalar_one()
    if found > len(VERSIONS):
        raise Unsupported("the store was written by a newer hsops", hint="upgrade this one, or give it another store")
    return found
