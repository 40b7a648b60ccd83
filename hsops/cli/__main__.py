"""``python -m hsops.cli``"""

import sys

from hsops.cli.main import main

sys.exit(main())
