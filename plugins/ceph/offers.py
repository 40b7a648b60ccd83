"""The actions as the manifest declares them: what they are, what they cost, how to undo them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hsops.api import Action, Danger
from hsops.plugins.ceph import command as commands
from hsops.plugins.ceph.command import Command

RUN = "hsops.plugins.ceph.actions:"
NOOUT = "noout"


def _line(make: Callable[[Any], Command]) -> Callable[[Any, Mapping[str, Any]], Sequence[str]]:
    def command(resource: Any, values: Mapping[str, Any]) -> Sequence[str]:
        return make(resource).argv()

    return command


def _if_in(osd: Any) -> str:
    return "" if osd.is_in else "it is out already"


def _if_out(osd: Any) -> str:
    if "destroyed" in osd.states:
        return "it is destroyed: there is no disk behind it"
    return "it is in already" if osd.is_in else ""


def _if_not_held(host: Any) -> str:
    return "noout is set already" if NOOUT in host.flags else ""


def _if_held(host: Any) -> str:
    return "" if NOOUT in host.flags else "noout is not set for this host"


ACTIONS = (
    Action(
        name="osd.out", title="take out", kinds=("ceph.osd",), danger=Danger.DISRUPTIVE, run=RUN + "take_out",
        command=_line(lambda osd: commands.osd_out(osd.id)), enabled=_if_in,
        undo="ceph osd in ID: the data move back",
    ),
    Action(
        name="osd.in", title="take in", kinds=("ceph.osd",), danger=Danger.DISRUPTIVE, run=RUN + "take_in",
        command=_line(lambda osd: commands.osd_in(osd.id)), enabled=_if_out,
        undo="ceph osd out ID: the data move away again",
    ),
    Action(
        name="host.noout.set", title="hold (noout)", kinds=("ceph.host",), danger=Danger.DISRUPTIVE,
        run=RUN + "hold_host", command=_line(lambda host: commands.group_set(NOOUT, host.name)), enabled=_if_not_held,
        undo="ceph osd unset-group noout HOST",
    ),
    Action(
        name="host.noout.unset", title="release (unset noout)", kinds=("ceph.host",), danger=Danger.SAFE,
        run=RUN + "release_host", command=_line(lambda host: commands.group_unset(NOOUT, host.name)), enabled=_if_held,
        undo="ceph osd set-group noout HOST",
    ),
    Action(
        name="cluster.noout.set", title="hold the whole cluster (noout)", kinds=("ceph.cluster",),
        danger=Danger.DISRUPTIVE, run=RUN + "hold_cluster", command=_line(lambda _: commands.flag_set(NOOUT)),
        undo="ceph osd unset noout",
    ),
    Action(
        name="cluster.noout.unset", title="release the whole cluster (unset noout)", kinds=("ceph.cluster",),
        danger=Danger.SAFE, run=RUN + "release_cluster", command=_line(lambda _: commands.flag_unset(NOOUT)),
        undo="ceph osd set noout",
    ),
)  # fmt: skip
