"""AWS Backup: vaults, plans, selections, and the jobs that copy and restore tables. One file a concern.

Importing the package registers the answers and scheduled actions of all its files.
"""

from __future__ import annotations

import importlib
import pkgutil

for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")
