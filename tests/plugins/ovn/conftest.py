"""The lab's fixtures for the tests against real servers."""

from tests.lab.fixtures import lab, lab_ovn, need_lab  # noqa: F401 - fixtures
