"""Two applies at once on one state: one carries out its plan, the other ends with 4 and says who holds the lock.

``python -m tests.faults.contention [ROUNDS]`` is the long form (100 rounds a kind of state) and prints the counts.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from dynaops.aws.session import Aws
from dynaops.sandbox import SandboxServer
from dynaops.stores import open_store
from dynaops.stores.base import Store
from tests.conftest import FAST
from tests.e2e.conftest import REGION, Terminal

BUCKET = "team-state"
PLACES = {"local": ".dynaops/state.json", "s3": f"s3://{BUCKET}/orders/state.json"}
_PATIENCE = 60.0
"""Seconds until a round counts as hanging."""


@dataclass
class Counts:
    """What became of the rounds. `wrong` says what should not have been."""

    rounds: int = 0
    one_proceeded: int = 0
    refused_by_name: int = 0
    tables_made: int = 0
    wrong: list[str] = field(default_factory=list)

    def lines(self, place: str) -> Iterator[str]:
        yield f"{place}: rounds {self.rounds}, exactly one proceeded {self.one_proceeded}, the other exited 4"
        yield f"  naming the holder {self.refused_by_name}; tables made {self.tables_made}, each once"
        yield from (f"  WRONG: {one}" for one in self.wrong)


def contend(folder: Path, server: SandboxServer, place: str, rounds: int) -> Counts:
    """Rounds of two processes each. AWS's time stands still until the loser has gone, so the winner is at work."""
    terminal, counts = Terminal(folder, server), Counts()
    make_bucket(server)
    for number in range(rounds):
        counts.rounds += 1
        table = f"round-{number}"
        spec = terminal.write(
            f"table_name: {table}\nhash_key: id\nattributes: {{id: S}}\n", f"specs/{table}.yaml"
        )
        try:
            _round(terminal, server, ["--state", PLACES[place], "apply", spec, "--yes"], counts)
        except AssertionError as error:
            counts.wrong.append(f"round {number}: {error}")
    made = [one for one in server.requests.writes() if one.operation == "CreateTable"]
    counts.tables_made = len({one.body["TableName"] for one in made})
    owned = {one for one in store(terminal, PLACES[place]).load().resources if "/" not in one}
    if len(made) != rounds or owned != {one.body["TableName"] for one in made}:
        counts.wrong.append(f"{len(made)} tables made, and the state names {len(owned)}")
    return counts


def _round(terminal: Terminal, server: SandboxServer, command: list[str], counts: Counts) -> None:
    server.clock.set_speed(0)
    both = [start(terminal, command) for _ in range(2)]
    try:
        loser = _first_to_end(both)
        winner = next(one for one in both if one is not loser)
        _, said = loser.communicate()
        assert loser.returncode == 4, f"the first to end exited {loser.returncode}: {said}"
        assert winner.poll() is None, "both ended while AWS stood still"
        counts.refused_by_name += f"(pid {winner.pid})" in said
        assert f"(pid {winner.pid})" in said, f"the holder is not named: {said}"
        server.clock.set_speed(FAST)
        _, said = winner.communicate(timeout=_PATIENCE)
        assert winner.returncode == 0, f"the winner exited {winner.returncode}: {said}"
        counts.one_proceeded += 1
    finally:
        server.clock.set_speed(FAST)
        for one in both:
            one.kill()
            one.wait()


def make_bucket(server: SandboxServer) -> None:
    """The bucket of the states in S3."""
    server.client("s3", REGION).create_bucket(
        Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION}
    )


def store(terminal: Terminal, place: str) -> Store:
    """A store of this process at the same place."""
    location = place if "://" in place else str(terminal.folder / place)
    return open_store(location, open_aws=lambda: Aws(REGION, endpoint_url=terminal.server.url))


def start(terminal: Terminal, command: list[str]) -> subprocess.Popen[str]:
    """The command line at work, with what it says on stderr."""
    return terminal.start(*command, stderr=subprocess.PIPE, text=True)


def _first_to_end(both: list[subprocess.Popen[str]]) -> subprocess.Popen[str]:
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        for one in both:
            if one.poll() is not None:
                return one
        time.sleep(0.01)
    raise AssertionError("neither was refused: both wait")


def main() -> int:
    """Run the long form; 1 where anything went wrong."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    wrong = False
    for place in PLACES:
        started = time.monotonic()
        with tempfile.TemporaryDirectory() as folder, SandboxServer(speed=FAST) as server:
            counts = contend(Path(folder), server, place, rounds)
        sys.stdout.write("\n".join(counts.lines(place)) + f"\n  in {time.monotonic() - started:.0f} s\n")
        wrong = wrong or bool(counts.wrong)
    return int(wrong)


if __name__ == "__main__":
    import os

    os.environ |= {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    sys.exit(main())
