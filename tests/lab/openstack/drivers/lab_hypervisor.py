# pyright: reportMissingImports=false, reportAttributeAccessIssue=false, reportOptionalMemberAccess=false
# nova-compute imports this file under Debian's Python; the project's own environment has no nova.
"""A hypervisor without guests: nova's fake driver, of a believable size, that keeps its guests over a restart.

A live migration lasts about five seconds, reports its progress, and can be aborted or forced to complete.
"""

import json
import os
import subprocess
import time

import nova.conf
from nova.virt import fake

STEPS = 50
STEP_SECONDS = 0.1


class Guests(dict):
    """The guests of one host by uuid, written to a file at each change; a crash of nova-compute leaves them running."""

    def __init__(self, file, resources):
        super().__init__()
        self._file, self._resources = file, resources
        if os.path.exists(file):
            with open(file) as stream:
                state = json.load(stream)
            for uuid, (name, power) in state["guests"].items():
                super().__setitem__(uuid, fake.FakeInstance(name, power, uuid))
            vars(resources).update(state["resources"])

    def __setitem__(self, uuid, guest):
        super().__setitem__(uuid, guest)
        self.save()

    def __delitem__(self, uuid):
        super().__delitem__(uuid)
        self.save()

    def save(self):
        """Write the file, whole or not at all."""
        guests = {uuid: (guest.name, guest.state) for uuid, guest in self.items()}
        with open(self._file + ".new", "w") as stream:
            json.dump({"guests": guests, "resources": vars(self._resources)}, stream)
        os.replace(self._file + ".new", self._file)


class LabDriver(fake.FakeLiveMigrateDriver):
    """A host of 32 cores, 64 GiB of memory and 1000 GB of disk."""

    vcpus = 32
    memory_mb = 65536
    local_gb = 1000

    def init_host(self, host):
        """Find the guests again that ran here before."""
        super().init_host(host)
        self.instances = Guests(os.path.join(nova.conf.CONF.state_path, "guests.json"), self.resources)

    def get_host_uptime(self):
        """What ``uptime`` says, as a real hypervisor would."""
        return subprocess.run(["uptime"], capture_output=True, text=True, check=True).stdout

    def power_off(self, instance, timeout=0, retry_interval=0):
        """Remember that it is off."""
        super().power_off(instance, timeout, retry_interval)
        self.instances.save()

    def power_on(self, context, instance, network_info, block_device_info=None, accel_info=None):
        """Remember that it is on."""
        super().power_on(context, instance, network_info, block_device_info, accel_info)
        self.instances.save()

    def live_migration(  # noqa: PLR0917 - nova's own signature
        self, context, instance, dest, post_method, recover_method, block_migration=False, migrate_data=None
    ):
        """Copy the guest's memory, as it were: progress twice a second, until done, aborted or forced."""
        self._abort_migration, self._migrating = False, True
        for step in range(STEPS):
            if not self._migrating:
                break
            if step % 5 == 0:
                self._progress(instance, migrate_data.migration, step / STEPS)
            time.sleep(STEP_SECONDS)
        if self._abort_migration:
            recover_method(context, instance, dest, migrate_data, migration_status="cancelled")
        else:
            post_method(context, instance, dest, block_migration, migrate_data)

    @staticmethod
    def _progress(instance, migration, part):
        total = instance.flavor.memory_mb << 20
        migration.memory_total = total
        migration.memory_processed = int(total * part)
        migration.memory_remaining = total - migration.memory_processed
        migration.save()
        instance.progress = int(100 * part)
        instance.save()
