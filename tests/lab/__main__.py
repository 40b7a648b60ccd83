"""``python -m tests.lab``, from the root of the repository."""

import sys

from tests.lab.cli import main

sys.exit(main())
