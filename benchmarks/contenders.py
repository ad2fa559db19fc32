"""One loader, run once, in a process of its own: python benchmarks/contenders.py NAME FILE URL ROWS FOLDER.

Prints {"rows", "seconds", "cpu"}: rows written, seconds from opening the file to the last confirmation, and CPU
seconds of the process with its children, imports and all. Needs no more than the loader it runs, so that another
Python (with awswrangler, say) can run it.
"""

from __future__ import annotations

import itertools
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import Any

THREADS = 8
REGION = "eu-west-1"
CLI_CALLS = 12


def _items(path: Path, count: int) -> Iterator[dict[str, Any]]:
    """Rows as boto3 wants them: numbers exact."""
    with path.open() as file:
        for line in itertools.islice(file, count):
            yield json.loads(line, parse_float=Decimal)


def _batch_writer(items: Iterator[dict[str, Any]], url: str) -> int:
    import boto3

    table = boto3.session.Session().resource("dynamodb", region_name=REGION, endpoint_url=url).Table("sink")
    done = 0
    with table.batch_writer() as batch:
        for item in items:
            batch.put_item(Item=item)
            done += 1
    return done


def batch_writer(path: Path, url: str, count: int, _folder: Path) -> int:
    """boto3's Table.batch_writer in one thread."""
    return _batch_writer(_items(path, count), url)


def batch_writer_threads(path: Path, url: str, count: int, _folder: Path) -> int:
    """The same in 8 threads, each with its own session and every eighth row."""
    with ThreadPoolExecutor(THREADS) as pool:
        parts = [itertools.islice(_items(path, count), at, None, THREADS) for at in range(THREADS)]
        return sum(pool.map(lambda items: _batch_writer(items, url), parts))


def _put_items(items: list[dict[str, Any]], url: str) -> int:
    import awswrangler
    import boto3

    awswrangler.config.dynamodb_endpoint_url = url
    session = boto3.session.Session(region_name=REGION)
    awswrangler.dynamodb.put_items(items=items, table_name="sink", boto3_session=session, use_threads=False)
    return len(items)


def wrangler(path: Path, url: str, count: int, _folder: Path) -> int:
    """awswrangler's dynamodb.put_items in one thread."""
    return _put_items(list(_items(path, count)), url)


def wrangler_threads(path: Path, url: str, count: int, _folder: Path) -> int:
    """The same in 8 threads."""
    items = list(_items(path, count))
    with ThreadPoolExecutor(THREADS) as pool:
        return sum(pool.map(lambda at: _put_items(items[at::THREADS], url), range(THREADS)))


def wrangler_csv(path: Path, url: str, count: int, folder: Path) -> int:
    """awswrangler's dynamodb.put_csv, which goes through pandas."""
    import awswrangler
    import boto3

    part = folder / "part.csv"
    with path.open() as whole, part.open("w") as file:
        file.writelines(itertools.islice(whole, count + 1))
    awswrangler.config.dynamodb_endpoint_url = url
    session = boto3.session.Session(region_name=REGION)
    awswrangler.dynamodb.put_csv(
        path=str(part),
        table_name="sink",
        boto3_session=session,
        use_threads=False,
        converters={"total": Decimal},  # it does not take floats
    )
    return count


def cli_loop(path: Path, url: str, _count: int, folder: Path) -> int:
    """`aws dynamodb batch-write-item` in a loop, 25 rows a call; a few calls tell."""
    from boto3.dynamodb.types import TypeSerializer

    marshal = TypeSerializer().serialize
    items = list(_items(path, 25 * CLI_CALLS))
    for at in range(0, len(items), 25):
        requests = [{"PutRequest": {"Item": marshal(item)["M"]}} for item in items[at : at + 25]]
        body = folder / "batch.json"
        body.write_text(json.dumps({"RequestItems": {"sink": requests}}))
        command = ["aws", "dynamodb", "batch-write-item", "--cli-input-json", f"file://{body}"]
        subprocess.run(
            [*command, "--endpoint-url", url, "--region", REGION], check=True, stdout=subprocess.DEVNULL
        )
    return len(items)


CONTENDERS: dict[str, Callable[[Path, str, int, Path], int]] = {
    "batch_writer": batch_writer,
    "batch_writer_threads": batch_writer_threads,
    "wrangler": wrangler,
    "wrangler_threads": wrangler_threads,
    "wrangler_csv": wrangler_csv,
    "cli_loop": cli_loop,
}


def main() -> None:
    """Run the one that is named."""
    name, path, url, count, folder = sys.argv[1:]
    os.environ.update(
        AWS_ACCESS_KEY_ID="bench", AWS_SECRET_ACCESS_KEY="bench", AWS_EC2_METADATA_DISABLED="true"
    )
    if name.startswith("dynaops"):
        from dynaops_run import RUNS

        run: Callable[[Path, str, int, Path], int] = RUNS[name]
    else:
        run = CONTENDERS[name]
    began = time.perf_counter()
    done = run(Path(path), url, int(count), Path(folder))
    seconds = time.perf_counter() - began
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    cpu = sum(one.ru_utime + one.ru_stime for one in used)
    print(json.dumps({"rows": done, "seconds": seconds, "cpu": cpu}))


if __name__ == "__main__":
    main()
