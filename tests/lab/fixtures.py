"""Fixtures for tests against the lab.

In a ``conftest.py``: ``from tests.lab.fixtures import lab, lab_ceph, …  # noqa: F401``, or ``pytest_plugins =
["tests.lab.fixtures"]`` in the topmost one.  A test whose system is not up is skipped with the reason; when
``HSOPS_LAB_REQUIRED=1`` is set it fails instead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.lab import ceph, openstack
from tests.lab.env import Ceph, Lab, Linux, OpenStack, Ovn, Postgres, Prometheus, Redfish, Ssh, load, required
from tests.lab.linux import faults as linux_faults


def need(found: Lab, *systems: str) -> None:
    """Skip, or fail when the lab is required, unless all these systems are up."""
    missing = list(dict.fromkeys(why for name in systems if (why := found.reason(name)) is not None))
    if missing and required():
        pytest.fail("HSOPS_LAB_REQUIRED is set, but " + "; ".join(missing), pytrace=False)
    if missing:
        pytest.skip("; ".join(missing))


@pytest.fixture(scope="session")
def lab() -> Lab:
    """The lab as it was when the tests began; ask :func:`need` or one of the fixtures below for a system."""
    return load()


@pytest.fixture
def need_lab(lab: Lab) -> Callable[..., Lab]:
    """For tests that choose their systems as they run: ``need_lab("ceph", "ssh").ceph.conf``."""

    def ask(*systems: str) -> Lab:
        need(lab, *systems)
        return lab

    return ask


@pytest.fixture(scope="session")
def lab_openstack(lab: Lab) -> OpenStack:
    """The cloud; treat it as read-only, or take :func:`lab_openstack_mended`."""
    need(lab, "openstack")
    return lab.openstack


@pytest.fixture(scope="session")
def lab_ceph(lab: Lab) -> Ceph:
    """The cluster; treat it as read-only, or take :func:`lab_ceph_mended`."""
    need(lab, "ceph")
    return lab.ceph


@pytest.fixture(scope="session")
def lab_ovn(lab: Lab) -> Ovn:
    """The overlay network; a test that changes it puts it back."""
    need(lab, "ovn")
    return lab.ovn


@pytest.fixture(scope="session")
def lab_redfish(lab: Lab) -> Redfish:
    """The emulated BMC; a test that switches a machine switches it back."""
    need(lab, "redfish")
    return lab.redfish


@pytest.fixture(scope="session")
def lab_prometheus(lab: Lab) -> Prometheus:
    """Prometheus and Alertmanager."""
    need(lab, "prometheus")
    return lab.prometheus


@pytest.fixture(scope="session")
def lab_ssh(lab: Lab) -> Ssh:
    """The login to the Ceph administration host."""
    need(lab, "ssh")
    return lab.ssh


@pytest.fixture(scope="session")
def lab_postgres(lab: Lab) -> Postgres:
    """The database."""
    need(lab, "postgres")
    return lab.postgres


@pytest.fixture
def lab_openstack_mended(lab_openstack: OpenStack) -> Iterator[OpenStack]:
    """The cloud for a test that changes it: before and after, all compute services are enabled, all servers at home."""
    openstack.mend()
    yield lab_openstack
    openstack.mend()


@pytest.fixture
def lab_ceph_mended(lab_ceph: Ceph) -> Iterator[Ceph]:
    """The cluster for a test that breaks it: before and after, every OSD is up and in and the cluster clean."""
    ceph.mend()
    yield lab_ceph
    ceph.mend()


@pytest.fixture(scope="session")
def lab_linux(lab: Lab) -> Linux:
    """The Linux hosts; treat them as read-only, or take :func:`lab_linux_mended`."""
    need(lab, "linux")
    return lab.linux


@pytest.fixture
def lab_linux_mended(lab_linux: Linux) -> Iterator[Linux]:
    """The hosts for a test that breaks them: before and after, all are up, on the old kernel, with updates pending."""
    linux_faults.mend()
    yield lab_linux
    linux_faults.mend()
