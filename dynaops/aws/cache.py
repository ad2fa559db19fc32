"""An Aws session that caches reads: each read is made once."""

from __future__ import annotations

import json
import threading
from collections.abc import Collection
from typing import Any

from dynaops.aws.session import Aws


class CachedReads(Aws):
    """Caches the reads of the session `beneath`; with `services`, only the reads of these."""

    def __init__(self, beneath: Aws, services: Collection[str] | None = None) -> None:
        self.__dict__.update(beneath.__dict__)
        self._beneath = beneath
        self._services = services
        self._answers: dict[str, dict[str, Any] | None] = {}
        self._asking: dict[str, threading.Lock] = {}
        self._guard = threading.Lock()

    def read(self, service: str, api: str, region: str, parameters: dict[str, Any]) -> dict[str, Any] | None:
        if self._services is not None and service not in self._services:
            return self._beneath.read(service, api, region, parameters)
        key = json.dumps([service, api, region, parameters], sort_keys=True, default=str)
        with self._guard:
            asking = self._asking.setdefault(key, threading.Lock())
        with asking:  # threads that make the same read at the same time wait for its response
            if key not in self._answers:
                self._answers[key] = self._beneath.read(service, api, region, parameters)
        return self._answers[key]
