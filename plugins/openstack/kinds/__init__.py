"""What the plugin shows: one module a kind, with the wire struct, its meaning and its columns."""

from hsops.plugins.openstack.kinds.aggregate import AGGREGATE
from hsops.plugins.openstack.kinds.flavor import FLAVOR
from hsops.plugins.openstack.kinds.hypervisor import HYPERVISOR
from hsops.plugins.openstack.kinds.migration import MIGRATION
from hsops.plugins.openstack.kinds.project import PROJECT
from hsops.plugins.openstack.kinds.server import SERVER
from hsops.plugins.openstack.kinds.service import SERVICE

KINDS = (HYPERVISOR, SERVER, SERVICE, MIGRATION, AGGREGATE, PROJECT, FLAVOR)
