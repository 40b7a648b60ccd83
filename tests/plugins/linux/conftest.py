"""The lab's Linux hosts."""

from tests.lab.fixtures import lab_linux, lab_linux_mended  # noqa: F401 - fixtures
