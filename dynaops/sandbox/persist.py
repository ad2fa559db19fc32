"""A sandbox's content on disk: the world and all of moto's backends, saved whole and atomically.

The snapshot is a pickle with a header: `_MAGIC`, the HMAC-SHA256 of the pickle with the user's secret key (which is
outside every project), then the pickle. An unsigned pickle is never loaded; a signed one may name only the classes
in `snapshot_classes` and the functions in `_REBUILDERS`.
"""

from __future__ import annotations

import hmac
import io
import pickle
import re
import sys
import threading
import weakref
from collections import defaultdict
from enum import Enum
from pathlib import Path
from types import FunctionType
from typing import Any

from dynaops.model.errors import DynaopsError
from dynaops.sandbox.snapshot_classes import CLASSES, FORMER_NAMES
from dynaops.sandbox.state_folder import make, read_private, secret, write_private
from dynaops.sandbox.world import World

FORMAT = 1
DELAY = 0.3
"""Real seconds between a change and its saving; later changes are saved with it."""
_MAGIC = b"dynaops sandbox snapshot\n"
_MAC_BYTES = 32


class Persistence:
    """Keeps `world` and moto's backends in `folder`, saving soon after each change."""

    def __init__(self, world: World, folder: Path) -> None:
        self._world = world
        self._folder = folder
        self._path = folder / "snapshot.pickle"
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None
        self.not_saved: dict[str, str] = {}
        """The services whose content could not be saved in the last snapshot, and why."""

    @property
    def folder(self) -> Path:
        return self._folder

    def changed(self) -> None:
        """Record that something may have changed: it is saved within DELAY."""
        with self._lock:
            if self._timer is None:
                self._timer = threading.Timer(DELAY, self.save)
                self._timer.daemon = True
                self._timer.start()

    def save(self) -> None:
        """Save now, atomically: a reader gets the old snapshot or the new one."""
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
            with self._world.lock:
                backends, self.not_saved = _backends()
                data = dumped({"format": FORMAT, "world": self._world.content(), "moto": backends})
            make(self._folder)
            write_private(self._path, sealed(data))

    def load(self) -> bool:
        """Load the snapshot; False if there is none. Raises DynaopsError for an unusable snapshot."""
        if not self._folder.exists():
            return False
        make(self._folder)
        data = read_private(self._path)
        if data is None:
            return False
        try:
            content = loaded(unsealed(data))
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


def sealed(data: bytes) -> bytes:
    """The pickle with its signed header."""
    return _MAGIC + _mac(data) + data


def unsealed(content: bytes) -> bytes:
    """The pickle without its header. Raises UnpicklingError if it is not signed with this user's key."""
    start = len(_MAGIC) + _MAC_BYTES
    mac, data = content[len(_MAGIC) : start], content[start:]
    if not content.startswith(_MAGIC) or not hmac.compare_digest(mac, _mac(data)):
        raise pickle.UnpicklingError("it is damaged, or was not written by a sandbox of yours")
    return data


def loaded(data: bytes) -> Any:
    """The content of a pickle. Raises UnpicklingError if it names anything except the listed classes."""
    return _SnapshotReader(io.BytesIO(data)).load()


def _mac(data: bytes) -> bytes:
    return hmac.digest(secret(), _MAGIC + data, "sha256")


def forget_everything(world: World) -> None:
    """Empty the world and all of moto's backends."""
    from moto.core.base_backend import BackendDict  # noqa: F401 (loads the registry)
    from moto.core.model_instances import reset_model_data

    world.restore(None)
    for backends in _loaded_backends():
        for account in list(backends.values()):
            for backend in list(account.values()):
                backend.reset()
        backends.clear()
    reset_model_data()


class _SnapshotReader(pickle.Unpickler):
    """Loads the listed classes only."""

    def find_class(self, module: str, name: str) -> Any:
        if module == __name__ and name in _REBUILDERS:
            return _REBUILDERS[name]
        module, name = FORMER_NAMES.get((module, name), (module, name))
        # no listed name has a dot: an attribute of a class or module cannot be loaded
        if (module, name) not in CLASSES:
            raise pickle.UnpicklingError(f"{module}.{name} is not allowed in a snapshot")
        return super().find_class(module, name)


class _SnapshotWriter(pickle.Pickler):
    """Pickles locks as new locks, and leaves out objects that are valid only in this process."""

    def reducer_override(self, value: Any) -> Any:
        kind = type(value)
        if kind is threading.Condition:
            return (_new_condition, ())
        if kind.__module__ in ("_thread", "threading") and "ock" in kind.__name__:
            return (_new_lock, (kind.__name__,))
        if kind is weakref.WeakValueDictionary:
            return (_weak_values, (dict(value),))
        if kind is re.Pattern:
            return (_pattern, (value.pattern, value.flags))
        if kind is defaultdict and _is_local(value.default_factory):
            return (defaultdict, (_type_made_by(value.default_factory), dict(value)))
        if hasattr(value, "private_bytes") and kind.__module__.startswith("cryptography."):
            return (_private_key, (_pem(value),))
        if isinstance(value, FunctionType):
            if _REBUILDERS.get(value.__name__) is value:
                return NotImplemented
            raise pickle.PicklingError(f"the function {value.__qualname__} cannot be saved")
        named = value if isinstance(value, type) else kind
        if (named.__module__, named.__qualname__) not in CLASSES:
            raise pickle.PicklingError(f"{named.__module__}.{named.__qualname__} cannot be saved")
        if isinstance(value, Enum):  # Python 3.11 would pickle it as a call of `getattr`
            return (kind, (value.value,))
        return NotImplemented


def _new_lock(kind: str) -> Any:
    return threading.RLock() if "RLock" in kind else threading.Lock()


def _new_condition() -> Any:
    return threading.Condition()


def _weak_values(values: dict[Any, Any]) -> Any:
    return weakref.WeakValueDictionary(values)


def _pattern(pattern: str | bytes, flags: int) -> Any:
    return re.compile(pattern, flags)


def _is_local(factory: Any) -> bool:
    """Whether a factory is a lambda of moto, which a pickle cannot name."""
    return isinstance(factory, FunctionType) and "<" in factory.__qualname__


def _type_made_by(factory: Any) -> type[Any]:
    """The plain type whose empty instances a factory creates. Raises PicklingError for any other factory."""
    instance = factory()
    if type(instance) not in (dict, list, set, int) or instance:
        raise pickle.PicklingError(f"a factory of {instance!r} cannot be saved")
    return type(instance)


def _pem(key: Any) -> bytes:
    """A private key of moto's KMS as PEM (a dummy, like all data of the sandbox)."""
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    data: bytes = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return data


def _private_key(pem: bytes) -> Any:
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    return load_pem_private_key(pem, None)


_REBUILDERS = {
    function.__name__: function
    for function in (_new_lock, _new_condition, _weak_values, _pattern, _private_key)
}
"""The functions that a snapshot may name: they build a value from plain data, without side effects."""


def dumped(value: Any) -> bytes:
    """The value as snapshot bytes."""
    stream = io.BytesIO()
    _SnapshotWriter(stream, protocol=5).dump(value)
    return stream.getvalue()


def _loaded_backends() -> list[Any]:
    """moto's backend dictionaries that this process has loaded."""
    from moto.core.base_backend import BackendDict

    backends = []
    for name, module in list(sys.modules.items()):
        if name.startswith("moto.") and name.endswith(".models"):
            backends += [value for value in vars(module).values() if isinstance(value, BackendDict)]
    return list({id(backend): backend for backend in backends}.values())


def _backends() -> tuple[dict[str, Any], dict[str, str]]:
    """Every used backend of every service: service -> account -> region -> backend, pickled one by one.

    A backend that cannot be pickled (it holds resources of the process, or classes that are not listed) is left out
    without losing the others; the second result says which services and why.
    """
    saved: dict[str, Any] = {}
    left_out: dict[str, str] = {}
    for backends in _loaded_backends():
        for account, regions in list(backends.items()):
            for region, backend in list(regions.items()):
                try:
                    data = dumped(backend)
                except (pickle.PicklingError, TypeError, AttributeError) as error:
                    left_out[str(backends.service_name)] = str(error)
                else:
                    saved.setdefault(backends.service_name, {}).setdefault(account, {})[region] = data
    return saved, left_out


def _restore_backends(content: dict[str, Any]) -> None:
    from moto.backends import get_backend

    for service, accounts in content.items():
        backends: Any = get_backend(service)  # type: ignore[call-overload]
        for account, regions in accounts.items():
            for region, data in regions.items():
                backends[account][region] = loaded(data)
