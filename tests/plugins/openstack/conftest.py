"""The lab's fixtures, for the tests against the real services."""

from tests.lab.fixtures import lab, lab_openstack, lab_openstack_mended, lab_prometheus

__all__ = ["lab", "lab_openstack", "lab_openstack_mended", "lab_prometheus"]
