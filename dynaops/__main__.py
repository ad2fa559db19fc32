"""``python -m dynaops``."""

import sys

if __name__ == "__main__" and not sys.flags.safe_path:
    # Python has put the working directory first, so that a project's own yaml.py would be run. What is imported from
    # here on comes from where packages are installed (and `dynaops` from where it was found).
    del sys.path[0]

from dynaops.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
