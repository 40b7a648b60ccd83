"""The lab's fixtures."""

from tests.lab.fixtures import lab, lab_ceph, lab_ceph_mended, lab_ssh  # noqa: F401 - fixtures
