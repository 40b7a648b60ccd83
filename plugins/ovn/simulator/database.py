"""One simulated database: rows, transactions, and who watches them."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from hsops.plugins.ovn.ovsdb.values import UNSET_UUID, Shape, empty, read, shape_of

Row: TypeAlias = dict[str, Any]
Watcher: TypeAlias = Callable[[Sequence["Delta"]], None]


class Delta(NamedTuple):
    """One row that came, changed or went."""

    table: str
    uuid: str
    old: Row | None
    new: Row | None


class Database:
    """Tables of one name. Values are as `hsops.plugins.ovn.ovsdb.values` reads them."""

    def __init__(self, name: str, schema: Mapping[str, Mapping[str, Any]]) -> None:
        self.name = name
        self.schema = schema
        self.rows: dict[str, dict[str, Row]] = {table: {} for table in schema}
        self._watchers: list[Watcher] = []

    def watch(self, watcher: Watcher) -> None:
        """Tell of every change from now on."""
        self._watchers.append(watcher)

    def unwatch(self, watcher: Watcher) -> None:
        """Tell no more."""
        self._watchers.remove(watcher)

    # -- the world's side

    def put(self, table: str, id_: str, **values: Any) -> None:
        """Insert or change a row; columns that are not named keep their value."""
        old = self.rows[table].get(id_)
        base = old or {name: empty(type_) for name, type_ in self.schema[table].items()}
        new = {**base, **values}
        if new != old:
            self.rows[table][id_] = new
            self._tell([Delta(table, id_, old, new)])

    def drop(self, table: str, id_: str) -> None:
        """Delete a row."""
        old = self.rows[table].pop(id_, None)
        if old is not None:
            self._tell([Delta(table, id_, old, None)])

    # -- the clients' side

    def transact(self, operations: Iterable[Mapping[str, Any]]) -> list[Any]:
        """One result an operation, all or nothing (RFC 7047, 4.1.3)."""
        before = {table: dict(rows) for table, rows in self.rows.items()}
        results: list[Any] = []
        names: dict[str, str] = {}
        for operation in operations:
            result = self._operate(operation, names)
            results.append(result)
            if "error" in result:
                self.rows = before
                return results
        self._tell(self._differences(before))
        return results

    def _operate(self, operation: Mapping[str, Any], names: dict[str, str]) -> dict[str, Any]:
        kind, table = operation.get("op", ""), operation.get("table", "")
        if kind == "comment":
            return {}
        if table not in self.rows:
            return {"error": "unknown table", "details": f"No table named {table}."}
        handler = getattr(self, f"_op_{kind}", None)
        if handler is None:
            return {"error": "unknown operation", "details": f"No operation {kind}."}
        answer: dict[str, Any] = handler(table, operation, names)
        return answer

    def _op_select(self, table: str, operation: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
        columns = operation.get("columns")
        return {"rows": [self._printed(table, id_, columns) for id_ in self._found(table, operation)]}

    def _op_insert(self, table: str, operation: Mapping[str, Any], names: dict[str, str]) -> dict[str, Any]:
        id_ = str(uuid.uuid4())
        if "uuid-name" in operation:
            names[operation["uuid-name"]] = id_
        base = {name: empty(type_) for name, type_ in self.schema[table].items()}
        self.rows[table][id_] = {**base, **self._values(table, operation["row"], names)}
        return {"uuid": ["uuid", id_]}

    def _op_update(self, table: str, operation: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
        found = self._found(table, operation)
        for id_ in found:
            self.rows[table][id_] = {**self.rows[table][id_], **self._values(table, operation["row"], names)}
        return {"count": len(found)}

    def _op_mutate(self, table: str, operation: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
        found = self._found(table, operation)
        for id_ in found:
            row = dict(self.rows[table][id_])
            for column, how, wire in operation["mutations"]:
                row[column] = _mutated(row[column], how, self._whole(table, column, wire, names))
            self.rows[table][id_] = row
        return {"count": len(found)}

    def _op_delete(self, table: str, operation: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
        found = self._found(table, operation)
        for id_ in found:
            del self.rows[table][id_]
        return {"count": len(found)}

    def _op_wait(self, table: str, operation: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
        wanted = [self._values(table, row, names) for row in operation["rows"]]
        ids, columns = self._found(table, operation), operation["columns"]
        found = [{name: self.rows[table][id_][name] for name in columns} for id_ in ids]
        same = len(found) == len(wanted) and all(row in found for row in wanted)
        return {} if same is (operation["until"] == "==") else {"error": "timed out", "details": '"where" clause'}

    def _found(self, table: str, operation: Mapping[str, Any]) -> list[str]:
        conditions = operation.get("where", [])
        return [id_ for id_ in self.rows[table] if all(self._holds(table, id_, *one) for one in conditions)]

    def _holds(self, table: str, id_: str, column: str, function: str, wire: Any) -> bool:
        if column == "_uuid":
            return (id_ == wire[1]) is (function != "!=")
        has, wanted = self.rows[table][id_][column], self._whole(table, column, wire, {})
        if function == "includes":
            return bool(wanted <= has) if isinstance(has, frozenset) else wanted.items() <= has.items()
        return bool(has == wanted) is (function == "==")

    def _whole(self, table: str, column: str, wire: Any, names: Mapping[str, str]) -> Any:
        shape = shape_of(self.schema[table][column])
        if shape is Shape.MAP and wire[0] == "set":  # keys to delete
            shape = Shape.SET
        value = read(shape, wire)
        if shape is Shape.SET:
            return frozenset(names.get(one, one) for one in value)
        return names.get(value, value) if isinstance(value, str) else value

    def _values(self, table: str, wire: Mapping[str, Any], names: Mapping[str, str]) -> Row:
        return {column: self._whole(table, column, value, names) for column, value in wire.items()}

    def _printed(self, table: str, id_: str, columns: Sequence[str] | None) -> dict[str, Any]:
        row = self.rows[table][id_]
        shown = {name: written(self.schema[table][name], row[name]) for name in columns or row if name in row}
        return {**shown, "_uuid": ["uuid", id_]} if columns is None or "_uuid" in columns else shown

    def _differences(self, before: Mapping[str, Mapping[str, Row]]) -> list[Delta]:
        found: list[Delta] = []
        for table, rows in self.rows.items():
            for id_ in {**before[table], **rows}:
                old, new = before[table].get(id_), rows.get(id_)
                if old != new:
                    found.append(Delta(table, id_, old, new))
        return found

    def _tell(self, deltas: Sequence[Delta]) -> None:
        for watcher in list(self._watchers) if deltas else ():
            watcher(deltas)


def _mutated(old: Any, how: str, value: Any) -> Any:
    if isinstance(old, frozenset):
        return old | value if how == "insert" else old - value
    if how == "insert":
        return {**value, **old}
    keys = value if isinstance(value, dict | frozenset) else {value}
    return {key: one for key, one in old.items() if key not in keys}


def written(type_: Any, value: Any) -> Any:
    """A value as it goes on the wire."""
    is_uuid = isinstance(type_, dict) and isinstance(type_["key"], dict) and type_["key"]["type"] == "uuid"

    def atom(one: Any) -> Any:
        return ["uuid", one] if is_uuid else one

    match shape_of(type_):
        case Shape.MAP:
            return ["map", [[key, one] for key, one in sorted(value.items())]]
        case Shape.SET:
            return ["set", [atom(one) for one in sorted(value)]] if len(value) != 1 else atom(next(iter(value)))
        case Shape.OPTIONAL:
            return ["set", []] if value is None else atom(value)
        case _:
            return ["uuid", value] if type_ == "uuid" and value != UNSET_UUID else value


def difference(type_: Any, old: Any, new: Any) -> Any:
    """What ``modify`` carries: of sets and maps only the difference."""
    match shape_of(type_):
        case Shape.SET:
            return written(type_, old ^ new)
        case Shape.MAP:
            changed = {key: one for key, one in new.items() if old.get(key) != one}
            gone = {key: one for key, one in old.items() if key not in new}
            return written(type_, {**changed, **gone})
        case _:
            return written(type_, new)
