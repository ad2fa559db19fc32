"""Where states live: moving one, taking one in, taking a lock away, and making a bucket for them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from dynaops.cli import wiring
from dynaops.cli.agreement import require_agreement
from dynaops.cli.running import Terms, carry_out
from dynaops.cli.screen import Screen
from dynaops.cli.settings import Settings

if TYPE_CHECKING:
    from dynaops.model.state import State
    from dynaops.stores.base import Holder, Store


def make_bucket(settings: Settings, name: str, kms_key: str | None, yes: bool) -> int:
    """Make the bucket `name`, or bring it to what states need; the exit code."""
    from dynaops.engine.state_bucket import plan_bucket

    screen = Screen(settings)
    way = wiring.aws(settings)
    plan = plan_bucket(name, way, kms_key)
    if not plan.operations:
        if screen.json:
            screen.document({**plan.public(), "bucket": name})
        screen.say(f"Nothing to do: the bucket {name} is as states need it.")
        return 0
    terms = Terms(
        yes,
        allow_replace=False,
        allow_destroy=False,
        command=f"init --state-bucket {name}",
        done="Ready",
        document=lambda: {"bucket": name},
    )
    code = carry_out(plan, wiring.unrecorded(), way, settings, terms)
    if code == 0:
        screen.aside(f"Keep a state there: --state s3://{name}/state.json, or DYNAOPS_STATE.")
    return code


def migrate(settings: Settings, source: str) -> None:
    """Move the state at `source` to where ``--state`` says."""
    from dynaops.model.errors import DynaopsError
    from dynaops.stores.migrate import migrate as moved

    screen = Screen(settings)
    if source == settings.state:
        raise DynaopsError(
            f"The state would stay where it is: {source}.",
            "Say where it shall be with --state, and where it is with --from.",
        )
    here, there = wiring.store(settings._replace(state=source)), wiring.store(settings)
    state = moved(here, there)
    if screen.json:
        screen.document({"from": here.location, "to": there.location, "serial": state.serial})
        return
    screen.say(f"The state is at {there.location} now, as serial {state.serial}.")
    screen.aside(f"At {here.location} only word of that is left, and the earlier states.")


def push(settings: Settings, file: str, force: bool) -> tuple[State | None, State]:
    """Take a state in from a file (``-``: stdin); what it replaced (None: nothing readable), and what it is now."""
    from dynaops.stores.format import loads
    from dynaops.stores.migrate import check_push

    given = loads(sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes(), file)
    place = wiring.store(settings)
    with place.lock("state push"):
        before = None if force else check_push(given, place)
        if before == given:
            return before, given
        return before, place.adopt(given)


def unlock(settings: Settings, place: Store, force: bool) -> Holder | None:
    """Take a lock away: an abandoned one at once, a living one with consent. Raises LockHeld without."""
    from dynaops.stores.base import LockHeld

    try:
        return place.unlock(force=force)
    except LockHeld as error:
        if force or not sys.stdin.isatty():
            raise
        screen = Screen(settings)
        screen.say(error.message)
        require_agreement(screen, "Take the lock away? What that run still does is not saved.", False, True)
        return place.unlock(force=True)
