"""Where the rows come from."""

from hsops.plugins.openstack.sources.hypervisors import HYPERVISORS
from hsops.plugins.openstack.sources.lists import AGGREGATES, FLAVORS, MIGRATIONS, SERVICES
from hsops.plugins.openstack.sources.projects import PROJECTS
from hsops.plugins.openstack.sources.servers import SERVERS

SOURCES = (HYPERVISORS, SERVERS, SERVICES, MIGRATIONS, AGGREGATES, PROJECTS, FLAVORS)
