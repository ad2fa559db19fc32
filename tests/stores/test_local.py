"""The local store: the contract of all stores, and what only files can do."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import resource
import shutil
import signal
import stat
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from types import FrameType

import pytest

from dynaops.model.state import State
from dynaops.stores import open_store
from dynaops.stores.base import UNKNOWN_HOLDER, LockHeld, StateError, StateUnreadable, Store
from dynaops.stores.format import Check
from dynaops.stores.lock_file import LockFile
from tests.stores.conformance import LockConformance, StoreConformance, filled

NOBODY = 65534


class LocalPlace:
    """A state in a directory that does not exist yet."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def open(self, generations: int = 10, check: Check | None = None) -> Store:
        return open_store(str(self.path), generations=generations, check=check)

    def raw(self) -> bytes | None:
        return self.path.read_bytes() if self.path.exists() else None

    def overwrite(self, raw: bytes) -> None:
        self.path.write_bytes(raw)

    def remove(self) -> None:
        self.path.unlink()


@pytest.fixture
def place(tmp_path: Path) -> LocalPlace:
    return LocalPlace(tmp_path / ".dynaops" / "state.json")


class TestLocalStore(StoreConformance):
    """The conformance suite, on a file."""


@pytest.fixture(params=[errno.ENOSYS, errno.ENOTSUP, errno.ENOLCK])
def without_locks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file system that has no locks, as some network and user-space ones."""

    def flock(*_: object) -> None:
        raise OSError(request.param, os.strerror(request.param))

    monkeypatch.setattr(fcntl, "flock", flock)


@pytest.mark.usefixtures("without_locks")
class TestLocalStoreWithoutFlock(LockConformance):
    """The part of the suite that is about the lock, where the kernel keeps none."""

    def test_a_killed_holder_is_known_to_be_dead(self, place: LocalPlace) -> None:
        """Its process is told by number, start time and host: nobody has to wait, and none has to unlock."""
        place.open().save(State.empty())
        ready, tell = os.pipe()
        pid = os.fork()
        if pid == 0:
            with place.open().lock("apply"):
                os.write(tell, b"x")
                time.sleep(600)
        os.read(ready, 1)
        with pytest.raises(LockHeld, match=rf"pid {pid}\)"):
            place.open().lock("destroy").__enter__()
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        assert place.open().holder() is None
        store = place.open()
        with store.lock("destroy") as lock:
            assert lock.note is not None and f"pid {pid})" in lock.note
            store.save(store.load())
        with place.open().lock("apply") as lock:
            assert lock.note is None

    def test_a_soft_lock_of_before_does_not_stay_for_ever(self, place: LocalPlace) -> None:
        place.open().save(State.empty())
        (place.path.parent / "state.json.lock").write_text("999999\nsome-host\n")
        store = place.open()
        with store.lock("apply"):
            store.save(store.load())

    def test_of_many_who_take_over_one_succeeds(self, place: LocalPlace) -> None:
        store = place.open()
        store.save(State.empty())
        note = LockFile(place.path.parent / "state.json.lease")
        texts = [json.dumps({"holder": {"id": f"{number}"}}).encode() for number in range(17)]
        assert note.write(texts[0], None)
        with ThreadPoolExecutor(16) as pool:
            won = list(pool.map(lambda text: note.write(text, texts[0].decode()), texts[1:]))
        assert len([one for one in won if one]) == 1
        assert note.read() in [(text, text.decode()) for text in texts[1:]]
        assert not note.remove("other") and note.read() is not None


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_only_the_owner_can_read_whatever_the_umask(place: LocalPlace) -> None:
    umask = os.umask(0)
    try:
        store = place.open()
        with store.lock("apply"):
            state = store.save(store.load())
        with store.lock("apply"):
            store.save(state)
            found = {path.name: mode(path) for path in place.path.parent.rglob("*")}
    finally:
        os.umask(umask)
    assert mode(place.path.parent) == 0o700
    assert found.pop("state.d") == 0o700
    assert set(found.values()) == {0o600}
    assert {"state.json", "state.json.lock", "state.json.lock.json"} < set(found)


def test_a_readable_file_becomes_private_with_the_next_save(place: LocalPlace) -> None:
    store = place.open()
    state = store.save(store.load())
    place.path.chmod(0o644)
    store.save(state)
    assert mode(place.path) == 0o600


def test_an_existing_directory_keeps_its_mode(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    store = open_store(str(tmp_path / "prod.json"))
    store.save(store.load())
    assert mode(tmp_path) == 0o755


def test_nothing_but_state_lock_and_generations_is_left(place: LocalPlace) -> None:
    store = place.open()
    with store.lock("apply"):
        store.save(store.save(store.load()))
    store.save(store.load())
    assert sorted(path.name for path in place.path.parent.iterdir()) == [
        "state.d",
        "state.json",
        "state.json.lock",
    ]


def test_two_states_in_one_directory_keep_apart(tmp_path: Path) -> None:
    for name in ("a.json", "b.json"):
        store = open_store(str(tmp_path / name))
        store.save(store.save(filled(store.load(), name)))
    assert list(open_store(str(tmp_path / "a.json")).restore(1).resources) == ["a.json"]
    with (
        open_store(str(tmp_path / "a.json")).lock("apply"),
        open_store(str(tmp_path / "b.json")).lock("apply"),
    ):
        pass


def test_a_symbolic_link_stays_and_its_target_is_written(tmp_path: Path) -> None:
    target = tmp_path / "shared" / "team.json"
    link = tmp_path / "state.json"
    link.symlink_to(target)
    store = open_store(str(link))
    store.save(filled(store.load(), "users"))
    assert link.is_symlink()
    assert list(open_store(str(target)).load().resources) == ["users"]
    with store.lock("apply"), pytest.raises(LockHeld):
        open_store(str(target)).lock("apply").__enter__()


def test_a_planted_link_in_place_of_the_temporary_file_is_not_followed(
    place: LocalPlace, tmp_path: Path
) -> None:
    victim = tmp_path / "victim"
    victim.write_text("untouched")
    place.path.parent.mkdir()
    (place.path.parent / ".state.json.new").symlink_to(victim)
    store = place.open()
    store.save(store.load())
    assert victim.read_text() == "untouched"


def test_links_in_a_circle(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    with pytest.raises(StateError):
        open_store(str(tmp_path / "a")).load()


@pytest.mark.parametrize("name", ["", "   "])
def test_an_empty_location(name: str) -> None:
    with pytest.raises(StateError.__mro__[1], match="empty"):
        open_store(name)


def test_a_place_that_nobody_knows() -> None:
    with pytest.raises(StateError.__mro__[1], match="gopher"):
        open_store("gopher://x/y")


def test_what_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(StateError, match="directory"):
        open_store(str(tmp_path)).load()
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(StateUnreadable, match="not a file"):
        open_store(str(tmp_path / "pipe")).load()
    (tmp_path / "file").write_text("x")
    below = open_store(str(tmp_path / "file" / "state.json"))
    with pytest.raises(StateError, match="not a directory"):
        below.load()
    with pytest.raises(StateError), below.lock("apply"):
        pass
    with pytest.raises(StateError, match="too long"):
        open_store(str(tmp_path / ("x" * 300))).load()


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a directory that takes no others")
def test_a_directory_that_cannot_be_made() -> None:
    with pytest.raises(StateError, match="cannot be made"), open_store("/proc/x/state.json").lock("apply"):
        pass


def test_a_full_disk_leaves_the_state_whole_and_the_next_save_works(place: LocalPlace) -> None:
    """RLIMIT_FSIZE makes write() fail in the middle, as a full disk or a quota does."""
    store = place.open()
    state = store.save(filled(store.load(), "users"))
    before = place.raw()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    heard = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    big = filled(state, "orders", text="x" * 20_000)
    with store.lock("apply"):
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
        try:
            with pytest.raises(StateError, match=r"Cannot save the state to .*state\.json") as caught:
                store.save(big)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
            signal.signal(signal.SIGXFSZ, heard)
        assert caught.value.hint
        assert place.raw() == before
        assert not (place.path.parent / ".state.json.new").exists()
        assert store.save(big).serial == 2


@pytest.fixture
def unprivileged() -> Iterator[Path]:
    """A directory of a user without privileges, who then runs the test: root may do anything anywhere."""
    directory = Path(tempfile.mkdtemp(prefix="dynaops-test-"))
    was_root = os.geteuid() == 0
    if was_root:
        os.chown(directory, NOBODY, -1)
        os.seteuid(NOBODY)
    try:
        yield directory
    finally:
        if was_root:
            os.seteuid(0)
        for path in (directory, *directory.rglob("*")):
            path.chmod(0o700)
        shutil.rmtree(directory)


def test_a_directory_that_may_not_be_written(unprivileged: Path) -> None:
    path = unprivileged / "state.json"
    store = open_store(str(path))
    state = store.save(filled(store.load(), "users"))
    before = path.read_bytes()
    (unprivileged / "state.json.lock").unlink()
    unprivileged.chmod(0o500)
    with pytest.raises(StateError, match="permission denied") as caught:
        store.save(state)
    assert "permissions" in (caught.value.hint or "")
    assert path.read_bytes() == before
    assert open_store(str(path)).load() == state
    assert open_store(str(path)).holder() is None


def test_a_file_that_may_not_be_read(unprivileged: Path) -> None:
    path = unprivileged / "state.json"
    store = open_store(str(path))
    state = store.save(store.load())
    path.chmod(0)
    for attempt in (store.load, lambda: open_store(str(path)).save(state)):
        with pytest.raises(StateError, match="permission denied"):
            attempt()


def test_generations_that_cannot_be_kept_stop_the_run_before_it_begins(place: LocalPlace) -> None:
    store = place.open()
    state = store.save(store.load())
    (place.path.parent / "state.d").write_text("in the way")
    before = place.raw()
    with pytest.raises(StateError):
        store.save(state)
    assert place.raw() == before


def test_a_generation_is_not_changed_by_what_happens_to_the_file(place: LocalPlace) -> None:
    store = place.open()
    one = store.save(filled(store.load(), "users"))
    store.save(filled(one, "orders"))
    place.overwrite(b"overwritten in place, as an editor does")
    assert store.restore(1).resources == one.resources


def test_a_damaged_generation_is_listed_and_refused(place: LocalPlace) -> None:
    store = place.open()
    store.save(store.save(store.load()))
    (kept,) = (place.path.parent / "state.d").iterdir()
    kept.write_bytes(b"{")
    entry = store.history()[1]
    assert (entry.serial, entry.resources, entry.lineage) == (1, None, None)
    with pytest.raises(StateUnreadable):
        store.restore(1)
    assert store.load().serial == 2


def test_the_damaged_file_is_kept_when_another_takes_its_place(place: LocalPlace) -> None:
    store = place.open()
    store.save(store.save(store.load()))
    place.overwrite(b"precious, though damaged")
    store.restore(1)
    kept = [path.read_bytes() for path in (place.path.parent / "state.d").glob("damaged-*")]
    assert kept == [b"precious, though damaged"]


def test_a_change_by_hand_between_two_saves_is_noticed(place: LocalPlace) -> None:
    """The store knows its own last write by the file's identity, so that is what must differ."""
    store = place.open()
    with store.lock("apply"):
        state = store.save(store.load())
        raw = place.raw() or b""
        place.overwrite(raw.replace(b'"serial": 1', b'"serial": 9'))
        with pytest.raises(StateError, match="from serial 1 to 9"):
            store.save(state)


def test_a_save_is_cheap(place: LocalPlace) -> None:
    """A save per operation must not be felt: each of 200 tables costs a few calls, and is not checked anew.

    Counted are calls of functions and methods, which do not depend on the machine as seconds do.
    """
    store = place.open()
    with store.lock("apply"):
        state: State = store.load()
        made = []
        for number in range(200):
            state = filled(state, f"table-{number}")
            if number in (9, 199):
                state = store.save(state)
                made.append(_calls(partial(store.save, state)))
                state = store.load()
    assert made[1] - made[0] < 10 * 190, made


def _calls(function: Callable[[], object]) -> int:
    """How many calls of functions and methods `function` makes."""
    count = 0

    def tell(frame: FrameType, event: str, argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(tell)
    try:
        function()
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("note", [b"", b"{", b"null", b'{"id": 5}'])
def test_a_damaged_lock_that_was_taken_away_is_told_as_such(place: LocalPlace, note: bytes) -> None:
    place.open().save(State.empty())
    (place.path.parent / "state.json.lock.json").write_bytes(note)
    assert place.open().unlock() == UNKNOWN_HOLDER
    assert place.open().unlock(force=True) is None


def test_a_lock_whose_note_is_damaged_while_it_is_held(place: LocalPlace) -> None:
    with pytest.raises(LockHeld), place.open().lock("apply"):
        (place.path.parent / "state.json.lock.json").write_bytes(b"{")
        with pytest.raises(LockHeld, match="another process"):
            place.open().unlock()
        assert place.open().unlock(force=True) == UNKNOWN_HOLDER
        store = place.open()
        store.save(State.empty())
        raise LockHeld("", None)
