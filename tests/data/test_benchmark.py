"""The benchmark runs, through the readers and the command that people use; how fast is for the benchmark to say."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PROGRAM = Path(__file__).parent.parent.parent / "benchmarks" / "load_data.py"


def test_it_runs_and_writes_its_page(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- results -->\nold\n<!-- end of results -->\nafter\n")
    names = ("batch_writer", "dynaops", "dynaops_csv", "dynaops_command")
    sizes = ("--rows", "1200", "--runs", "1", "--latencies", "0")
    subprocess.run(
        [sys.executable, str(PROGRAM), *sizes, "--only", *names, "--write", str(page)],
        check=True,
        capture_output=True,
        timeout=120,
    )
    text = page.read_text()
    assert text.startswith("before\n") and text.endswith("after\n") and "old" not in text
    for title in ("boto3 batch_writer, 1 thread", "dynaops load-data, JSONL", "dynaops load-data, CSV"):
        assert f"| {title} |" in text
