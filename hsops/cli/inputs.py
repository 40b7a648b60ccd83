"""The inputs of a workflow on the command line: ``--name VALUE``, ``--name=VALUE``, ``--flag``, ``--no-flag``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from hsops.errors import UserError
from hsops.plugin import Input, Workflow
from hsops.registry import near


def read_inputs(workflow: Workflow, arguments: Sequence[str]) -> dict[str, str]:
    """Input name to the text given. Raises UserError that names every fault."""
    options = {flag: entry for entry in workflow.inputs for flag in _flags(entry)}
    values: dict[str, str] = {}
    faults: list[str] = []
    rest = iter(arguments)
    for word in rest:
        flag, equals, value = word.partition("=")
        entry = options.get(flag)
        if entry is None:
            faults.append(_unknown(word, options))
        elif entry.type == "bool" and not equals:
            values[entry.name] = "false" if flag.startswith("--no-") else "true"
        elif equals:
            values[entry.name] = value
        elif (following := next(rest, None)) is None:
            faults.append(f"{flag} needs a value")
        else:
            values[entry.name] = following
    faults += [
        f"{_flag(entry)} is required" for entry in workflow.inputs if entry.required and not values.get(entry.name)
    ]
    if faults:
        raise UserError("; ".join(faults), hint=f"hsops run {workflow.name} --help")
    return values


def usage(workflow: Workflow) -> str:
    """What ``hsops run WORKFLOW --help`` prints."""
    lines = [
        f"Usage: hsops run {workflow.name} [INPUTS] [--plan | --yes] [OPTIONS]", "",
        f"  {workflow.title}: {workflow.summary}", "", "Inputs:",
    ]  # fmt: skip
    rows = [(_usage(entry), _words(entry)) for entry in workflow.inputs]
    width = max((len(left) for left, _ in rows), default=0)
    lines += [f"  {left:{width}}  {right}".rstrip() for left, right in rows] or ["  none"]
    lines += ["", "Options of every workflow: hsops run --help"]
    return "\n".join(lines) + "\n"


def _flag(entry: Input) -> str:
    return "--" + entry.name.replace("_", "-")


def _flags(entry: Input) -> Iterator[str]:
    yield _flag(entry)
    yield "--" + entry.name
    if entry.type == "bool":
        yield "--no-" + entry.name.replace("_", "-")


def _usage(entry: Input) -> str:
    if entry.type == "bool":
        return f"{_flag(entry)}, --no-{entry.name.replace('_', '-')}"
    kinds = {
        "int": "N",
        "duration": "TIME",
        "choice": "|".join(entry.choices),
        "ref": entry.kind.rpartition(".")[2].upper() or "REF",
    }
    return f"{_flag(entry)} {kinds.get(entry.type, 'TEXT')}"


def _words(entry: Input) -> str:
    extra = "required" if entry.required else f"default {entry.default}" if entry.default else ""
    return " ".join(part for part in (entry.help or entry.title, f"[{extra}]" if extra else "") if part)


def _unknown(word: str, options: Mapping[str, Input]) -> str:
    flag = word.partition("=")[0]
    if not flag.startswith("-"):
        return f"{word} is not expected"
    hint = near(flag, options)
    return f"there is no input {flag}" + (f" ({hint})" if hint else "")


def pairs(option: str, texts: Sequence[str], default: str = "") -> dict[str, str]:
    """``KEY=VALUE`` texts as a mapping; `default` is the value of a key without one. Raises UserError."""
    found: dict[str, str] = {}
    for text in texts:
        key, _, value = text.partition("=")
        value = value.strip() or default
        if not key.strip() or not value:
            raise UserError(f"{option} {text}: a value is missing", hint=f"{option} NAME=VALUE")
        found[key.strip()] = value
    return found
