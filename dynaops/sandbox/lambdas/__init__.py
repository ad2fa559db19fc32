"""Lambda: event source mappings of DynamoDB streams. Functions, and mappings of other sources, are moto's.

Importing the package registers the answers and scheduled actions of all its files.
"""

from __future__ import annotations

import importlib
import pkgutil

for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")
