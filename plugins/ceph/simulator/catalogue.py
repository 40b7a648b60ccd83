"""Which command is answered by what."""

from __future__ import annotations

import errno
from collections.abc import Mapping, Sequence

from hsops.plugins.ceph.simulator.answers import balance, changes, cluster, daemons, orch, osds, pgs, pools
from hsops.plugins.ceph.simulator.result import Answerer, Refused, Result
from hsops.simulator.world import World

COMMANDS: Mapping[str, Answerer] = {
    "status": cluster.status,
    "health": cluster.health,
    "versions": daemons.versions,
    "node ls": cluster.node_ls,
    "mon dump": cluster.mon_dump,
    "mgr stat": cluster.mgr_stat,
    "quorum_status": cluster.quorum_status,
    "osd tree": osds.tree,
    "osd dump": osds.dump,
    "osd stat": osds.stat,
    "osd df": osds.df,
    "osd perf": osds.perf,
    "osd metadata": osds.metadata,
    "osd pool ls": pools.listing,
    "osd pool stats": pools.stats,
    "osd crush rule dump": pools.rules,
    "df": pools.df,
    "pg dump": pgs.dump,
    "pg stat": pgs.stat,
    "pg ls": pgs.listing,
    "pg ls-by-primary": pgs.by_primary,
    "pg ls-by-osd": pgs.by_osd,
    "osd ok-to-stop": pgs.ok_to_stop,
    "osd safe-to-destroy": pgs.safe_to_destroy,
    "osd out": changes.take_out,
    "osd in": changes.take_in,
    "osd set": changes.set_flag,
    "osd unset": changes.unset_flag,
    "osd set-group": changes.set_group,
    "osd unset-group": changes.unset_group,
    "osd reweight": changes.reweight,
    "osd crush reweight": changes.crush_reweight,
    "osd destroy": daemons.destroy,
    "osd require-osd-release": daemons.require_release,
    "osd pg-upmap-items": balance.upmap,
    "osd rm-pg-upmap-items": balance.upmap_drop,
    "osd pool set": balance.pool_set,
    "osd pool get noautoscale": balance.autoscale,
    "osd pool set noautoscale": balance.autoscale_off,
    "osd pool unset noautoscale": balance.autoscale_on,
    "mgr dump": daemons.mgr_dump,
    "mgr fail": daemons.mgr_fail,
    "mgr metadata": daemons.mgr_metadata,
    "mon metadata": daemons.mon_metadata,
    "mon ok-to-stop": daemons.mon_ok_to_stop,
    "fs dump": daemons.fs_dump,
    "service dump": daemons.service_dump,
    "config get": balance.config_get,
    "config set": balance.config_set,
    "balancer status": balance.status,
    "balancer on": balance.switch_on,
    "balancer off": balance.switch_off,
    "balancer eval": balance.score,
    "balancer optimize": balance.optimize,
    "balancer dump": balance.dump,
    "balancer rm": balance.drop,
    **orch.COMMANDS,
}
LONGEST = max(len(prefix.split()) for prefix in COMMANDS)


def answer(world: World, words: Sequence[str]) -> Result:
    """The answer to a command's words, prefix first; EINVAL for one that is not known."""
    for length in range(min(LONGEST, len(words)), 0, -1):
        found = COMMANDS.get(" ".join(words[:length]))
        if found is not None:
            try:
                return found(world, words[length:])
            except Refused as refusal:
                return refusal.result
    return Result(None, "command not known", errno.EINVAL)
