"""AWS Backup: vaults, plans, selections, and the jobs that back up, copy and restore tables.

Importing the package registers the operations and scheduled actions of all its modules.
"""

from __future__ import annotations

import importlib
import pkgutil

for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")
