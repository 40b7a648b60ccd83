"""The lab's fixtures for the tests against the emulator."""

from tests.lab.fixtures import lab, lab_redfish, need_lab  # noqa: F401 - fixtures
