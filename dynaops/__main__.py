"""``python -m dynaops``."""

import sys

from dynaops.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
