"""EventBridge Pipes. All of its operations are answered here, none by moto.

Importing the package registers the answers and scheduled actions of all its files.
"""

from __future__ import annotations

import importlib
import pkgutil

for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")
