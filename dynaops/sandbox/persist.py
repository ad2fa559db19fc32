"""A sandbox's content on disk: the world and all of moto's backends, saved whole and atomically.

The snapshot is a pickle that only the sandbox's own and moto's classes, and plain data types, may be loaded from.
"""

from __future__ import annotations

import contextlib
import io
import os
import pickle
import tempfile
import threading
import weakref
from collections import defaultdict
from pathlib import Path
from types import FunctionType
from typing import Any

from dynaops.model.errors import DynaopsError
from dynaops.sandbox.world import World

FORMAT = 1
DELAY = 0.3
"""Seconds (real) that changes are gathered before they are saved."""
_PACKAGES = ("moto", "dynaops.sandbox", "cryptography.hazmat", "responses")
_PLAIN = {
    "builtins": {
        *("dict", "list", "set", "frozenset", "tuple", "str", "bytes", "bytearray", "int", "float", "bool"),
        *("complex", "object", "slice", "range", "type", "Exception", "getattr"),
    },
    "collections": {"OrderedDict", "defaultdict", "deque", "Counter"},
    "copyreg": {"_reconstructor", "__newobj__"},
    "datetime": {"datetime", "date", "time", "timedelta", "timezone"},
    "decimal": {"Decimal"},
    "functools": {"partial"},
    "itertools": {"count"},
    "tempfile": {"SpooledTemporaryFile"},
    "uuid": {"UUID"},
    "zoneinfo": {"ZoneInfo", "ZoneInfo._unpickle"},
    "re": {"_compile"},
    "enum": {"Enum"},
}


class Persistence:
    """Keeps `world` and moto's backends in `folder`, saving soon after each change."""

    def __init__(self, world: World, folder: Path) -> None:
        self._world = world
        self._path = folder / "snapshot.pickle"
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None

    def changed(self) -> None:
        """Something may have changed: save within DELAY."""
        with self._lock:
            if self._timer is None:
                self._timer = threading.Timer(DELAY, self.save)
                self._timer.daemon = True
                self._timer.start()

    def save(self) -> None:
        """Save now, in one step: a reader finds the old snapshot or the new one."""
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
            with self._world.lock:
                data = dumped({"format": FORMAT, "world": self._world.content(), "moto": _backends()})
            self._path.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=self._path.parent, prefix=".snapshot-")
            with os.fdopen(handle, "wb") as file:  # mkstemp makes it readable by the owner only
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(self._path)

    def load(self) -> bool:
        """Bring back what was saved; False where nothing was. Raises DynaopsError for a snapshot it cannot use."""
        try:
            data = self._path.read_bytes()
        except FileNotFoundError:
            return False
        try:
            content = _Reader(io.BytesIO(data)).load()
            if content["format"] != FORMAT:
                raise pickle.UnpicklingError(f"format {content['format']}, this version reads {FORMAT}")
            self._world.restore(content["world"])
            _restore_backends(content["moto"])
        except Exception as error:  # a damaged pickle can raise anything
            aside = self._path.with_suffix(".unusable")
            self._path.replace(aside)
            raise DynaopsError(
                f"The sandbox's saved content cannot be used ({error})",
                f"It was put aside as {aside}; the sandbox starts empty the next time.",
            ) from error
        return True


def forget_everything(world: World) -> None:
    """Empty the world and all of moto's backends."""
    from moto.core.base_backend import BackendDict  # noqa: F401 (loads the registry)
    from moto.core.model_instances import reset_model_data

    world.restore(None)
    for backends in _loaded():
        for account in list(backends.values()):
            for backend in list(account.values()):
                backend.reset()
        backends.clear()
    reset_model_data()


class _Reader(pickle.Unpickler):
    """Loads only classes of the sandbox, of moto, and plain data."""

    def find_class(self, module: str, name: str) -> Any:
        plain = name in _PLAIN.get(module, ())
        ours = any(module == one or module.startswith(f"{one}.") for one in _PACKAGES)
        if not plain and not ours:
            raise pickle.UnpicklingError(f"{module}.{name} is not allowed in a snapshot")
        return super().find_class(module, name)


class _Writer(pickle.Pickler):
    """Writes locks as new ones, and leaves out what only lives in this process."""

    def reducer_override(self, value: Any) -> Any:
        kind = type(value)
        if kind.__module__ in ("_thread", "threading") and "ock" in kind.__name__:
            return (_new_lock, (kind.__name__,))
        if kind is weakref.WeakValueDictionary:
            return (_weak_values, (dict(value),))
        if kind is defaultdict and _is_local(value.default_factory):
            return (defaultdict, (_type_made_by(value.default_factory), dict(value)))
        if hasattr(value, "private_bytes") and kind.__module__.startswith("cryptography."):
            return (_private_key, (_pem(value),))
        return NotImplemented


def _new_lock(kind: str) -> Any:
    return threading.RLock() if "RLock" in kind else threading.Lock()


def _weak_values(values: dict[Any, Any]) -> Any:
    return weakref.WeakValueDictionary(values)


def _is_local(factory: Any) -> bool:
    """A lambda of moto's, which no snapshot can name."""
    return isinstance(factory, FunctionType) and "<" in factory.__qualname__


def _type_made_by(factory: Any) -> type[Any]:
    """The plain type whose empty instances a factory makes; PicklingError where it makes anything else."""
    made = factory()
    if type(made) not in (dict, list, set, int) or made:
        raise pickle.PicklingError(f"a factory of {made!r} cannot be saved")
    return type(made)


def _pem(key: Any) -> bytes:
    """A private key of moto's KMS (made up, like all that the sandbox holds)."""
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    data: bytes = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return data


def _private_key(pem: bytes) -> Any:
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    return load_pem_private_key(pem, None)


def dumped(value: Any) -> bytes:
    """The value as snapshot bytes."""
    stream = io.BytesIO()
    _Writer(stream, protocol=5).dump(value)
    return stream.getvalue()


def _loaded() -> list[Any]:
    """moto's backend dictionaries that this process has loaded."""
    import sys

    from moto.core.base_backend import BackendDict

    found = []
    for name, module in list(sys.modules.items()):
        if name.startswith("moto.") and name.endswith(".models"):
            found += [value for value in vars(module).values() if isinstance(value, BackendDict)]
    return list({id(one): one for one in found}.values())


def _backends() -> dict[str, Any]:
    """Every used backend of every service: service -> account -> region -> backend, pickled one by one.

    One that cannot be pickled (a service that holds a process's resources) is left out rather than losing the rest.
    """
    found: dict[str, Any] = {}
    for backends in _loaded():
        for account, regions in list(backends.items()):
            for region, backend in list(regions.items()):
                with contextlib.suppress(pickle.PicklingError, TypeError, AttributeError):
                    found.setdefault(backends.service_name, {}).setdefault(account, {})[region] = dumped(
                        backend
                    )
    return found


def _restore_backends(content: dict[str, Any]) -> None:
    from moto.backends import get_backend

    for service, accounts in content.items():
        backends: Any = get_backend(service)  # type: ignore[call-overload]
        for account, regions in accounts.items():
            for region, data in regions.items():
                backends[account][region] = _Reader(io.BytesIO(data)).load()
