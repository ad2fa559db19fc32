"""dynaops load-data beside what people use today: same rows, same machine, same sink, one run.

    python benchmarks/load_data.py [--rows 200000] [--runs 3] [--others FOLDER] [--write docs/benchmarks-load.md]

Each loader runs in a process of its own against a fresh sink (benchmarks/sink.py), in turn, so that a noisy moment
hits all. Slow ones read a part of the file: their speed is what is compared, and it does not depend on the length.
With --others, awswrangler and the AWS CLI take part, from virtual environments that are made in FOLDER.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from memory import peak_of
from others import Others, install
from rows import write

HERE = Path(__file__).parent


@dataclass
class Contender:
    """A loader under one name: `share` of the rows it reads at no latency and at 8 ms."""

    name: str
    title: str
    share: tuple[float, float] = (1.0, 1.0)
    python: str = sys.executable
    path: str = ""
    csv: bool = False
    results: dict[float, list[dict[str, Any]]] = field(default_factory=dict)

    def median(self, latency: float, what: str) -> float:
        """The median over all runs of items/s, or of CPU seconds for 100,000 rows."""
        found = self.results[latency]
        if what == "rate":
            return statistics.median(one["rows"] / one["seconds"] for one in found)
        if what == "peak_mb":
            return max(one["peak_mb"] for one in found)
        return statistics.median(one["cpu"] / one["rows"] * 100_000 for one in found)


def contenders(others: Others | None) -> list[Contender]:
    """All that can run here; the first is what the others' CPU time is compared with."""
    found = [
        Contender("batch_writer", "boto3 batch_writer, 1 thread", (0.25, 0.1)),
        Contender("batch_writer_threads", "boto3 batch_writer, 8 threads", (0.25, 0.25)),
    ]
    if others:
        python, cli = others
        found += [
            Contender("wrangler", "awswrangler put_items, 1 thread", (0.25, 0.1), python),
            Contender("wrangler_threads", "awswrangler put_items, 8 threads", (0.25, 0.25), python),
            Contender("wrangler_csv", "awswrangler put_csv", (0.25, 0.1), python, csv=True),
            Contender("cli_loop", "aws dynamodb batch-write-item in a loop", (0.0, 0.0), path=cli),
        ]
    return [
        *found,
        Contender("dynaops", "dynaops load-data, JSONL"),
        Contender("dynaops_csv", "dynaops load-data, CSV", csv=True),
        Contender("dynaops_command", "the same as a command, JSONL"),
    ]


def run(one: Contender, path: Path, rows: int, latency: float, unprocessed: float) -> dict[str, Any]:
    """One run against a fresh sink."""
    sink_options = ["--latency-ms", str(latency), "--unprocessed", str(unprocessed)]
    sink = subprocess.Popen(
        [sys.executable, str(HERE / "sink.py"), *sink_options], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert sink.stdout is not None
    url = f"http://127.0.0.1:{json.loads(sink.stdout.readline())['port']}"
    try:
        with tempfile.TemporaryDirectory() as folder:
            command = [one.python, str(HERE / "contenders.py"), one.name, str(path), url, str(rows), folder]
            path_ = f"{one.path}{os.pathsep}{os.environ['PATH']}" if one.path else os.environ["PATH"]
            environment = {**os.environ, "PYTHONWARNINGS": "ignore", "PATH": path_}
            loader = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
            peak = peak_of(loader)
            said = loader.communicate()[0]
    finally:
        sink.communicate()
    if loader.returncode:
        raise SystemExit(f"{one.name} failed")
    found: dict[str, Any] = json.loads(said.splitlines()[-1])
    return {**found, "peak_mb": peak}


def race(found: list[Contender], options: argparse.Namespace, folder: Path) -> None:
    """Let all run, in turn, as often as told."""
    lines, table = write(folder, options.rows)
    for turn in range(options.runs):
        for at, latency in enumerate(options.latencies):
            for one in found:
                rows = max(300, int(options.rows * one.share[min(at, 1)]))
                result = run(one, table if one.csv else lines, rows, latency, options.unprocessed)
                one.results.setdefault(latency, []).append(result)
                rate = result["rows"] / result["seconds"]
                print(f"{turn + 1}  {latency:g} ms  {one.title:45} {rate:>10,.0f} items/s", file=sys.stderr)


def report(found: list[Contender], options: argparse.Namespace) -> str:
    """The results as Markdown tables, one a latency."""
    first = found[0]
    ours = next((one for one in found if one.name == "dynaops"), found[-1])
    parts = []
    for latency in options.latencies:
        title = "No latency" if not latency else f"{latency:g} ms latency"
        base_cpu, best = first.median(latency, "cpu"), ours.median(latency, "rate")
        parts += [
            f"### {title}",
            "",
            "| loader | items/s | dynaops JSONL is | CPU s per 100k rows | peak MB |",
            "| --- | ---: | ---: | ---: | ---: |",
        ]
        for one in found:
            rate, cpu = one.median(latency, "rate"), one.median(latency, "cpu")
            saved = f"{cpu:.2f} (1/{base_cpu / cpu:.1f})" if cpu < base_cpu else f"{cpu:.2f}"
            peak = one.median(latency, "peak_mb")
            parts.append(f"| {one.title} | {rate:,.0f} | {best / rate:.1f}x | {saved} | {peak:.0f} |")
        parts.append("")
    machine = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    about = f"{options.rows:,} rows of about 400 bytes; medians of {options.runs} runs; {machine}"
    if options.unprocessed:
        about += f"; {options.unprocessed:.0%} of the items left unprocessed"
    return f"{about}.\n\n" + "\n".join(parts)


def main() -> None:
    """Race and report."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--latencies", type=float, nargs="+", default=[0.0, 8.0], help="milliseconds")
    parser.add_argument("--unprocessed", type=float, default=0.0, help="share of items left unprocessed")
    parser.add_argument("--others", type=Path, help="where to install awswrangler and the AWS CLI")
    parser.add_argument("--only", nargs="+", help="names of loaders")
    parser.add_argument("--write", type=Path, help="a document whose results to replace")
    options = parser.parse_args()
    others = install(options.others) if options.others else None
    found = [one for one in contenders(others) if not options.only or one.name in options.only]
    race(found, options, Path(tempfile.gettempdir()) / "dynaops-benchmark")
    text = report(found, options)
    print(text)
    if options.write:
        document = options.write.read_text()
        before, _, rest = document.partition("<!-- results -->")
        _, _, after = rest.partition("<!-- end of results -->")
        options.write.write_text(f"{before}<!-- results -->\n{text}\n<!-- end of results -->{after}")


if __name__ == "__main__":
    main()
