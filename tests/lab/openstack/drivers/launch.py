# pyright: reportMissingImports=false
# Debian's Python runs this file, with the distribution's OpenStack modules; the project's environment has none of them.
"""``launch.py MODULE NAME [OPTION…]``: run ``main()`` of an OpenStack module under its name as a program."""

import importlib
import sys
from pathlib import Path


def main() -> int | None:
    """Run the program; what it returns is the exit status."""
    module_name, name = sys.argv[1:3]
    sys.argv = [name, *sys.argv[3:]]
    module = importlib.import_module(module_name)
    if module_name == "nova.cmd.compute":  # nova looks for hypervisor drivers in nova.virt only
        importlib.import_module("nova.virt").__path__.append(str(Path(__file__).parent))
    status: int | None = module.main()
    return status


sys.exit(main())
