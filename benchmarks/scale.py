"""How planning and applying grow with the number of tables, beside what people use today: one machine, one run.

    python benchmarks/scale.py [--tables 1 20 100 1000] [--runs 3] [--ansible PATH] [--aws-cli PATH]
        [--write docs/benchmarks-scale.md]

Each table has one global secondary index and two tags. Every contender runs in processes of its own, in turn, against a
fresh embedded AWS in another process, whose time flies: what is measured is the tool, not AWS's waits.
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
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
REGION = "eu-west-1"
WORKERS = 4
"""As many tables at once as dynaops works on."""
SPEC = """\
table_name: {name}
hash_key: id
attributes: {{id: S, email: S}}
encryption: false
point_in_time_recovery: false
global_secondary_indexes: [{{name: by-email, hash_key: email, projection: {{type: ALL}}}}]
tags: {{team: accounts, stage: benchmark}}
"""
PLAY = """\
- hosts: localhost
  connection: local
  gather_facts: false
  tasks:
    - community.aws.dynamodb_table:
        name: "table-{{{{ '%04d' % item }}}}"
        hash_key_name: id
        hash_key_type: STRING
        billing_mode: PAY_PER_REQUEST
        indexes:
          - {{name: by-email, type: global_all, hash_key_name: email, hash_key_type: STRING}}
        tags: {{team: accounts, stage: benchmark}}
        wait: false
      loop: "{{{{ range(0, {count}) | list }}}}"
      loop_control: {{label: ""}}
"""
CLI_CREATE = """\
set -e
for at in $(seq 0 $(({count} - 1))); do
  name=$(printf table-%04d "$at")
  {aws} dynamodb create-table --table-name "$name" --billing-mode PAY_PER_REQUEST \\
    --attribute-definitions AttributeName=id,AttributeType=S AttributeName=email,AttributeType=S \\
    --key-schema AttributeName=id,KeyType=HASH --tags Key=team,Value=accounts Key=stage,Value=benchmark \\
    --global-secondary-indexes \\
    'IndexName=by-email,KeySchema=[{{AttributeName=email,KeyType=HASH}}],Projection={{ProjectionType=ALL}}'
done
"""
CLI_CHECK = """\
set -e
for at in $(seq 0 $(({count} - 1))); do {aws} dynamodb describe-table --table-name "$(printf table-%04d "$at")"; done
"""


@dataclass
class Result:
    """What one job took: seconds on the clock, of the processor, and megabytes at the most."""

    seconds: float
    cpu: float
    peak: float


@dataclass
class Contender:
    """A tool, as the commands that create `count` tables, and that find nothing to change."""

    name: str
    create: Callable[[int, Path], Sequence[str]]
    check: Callable[[int, Path], Sequence[str]]
    most: int = 10_000
    results: dict[tuple[int, str], list[Result]] = field(default_factory=dict)


def dynaops(*command: str) -> Callable[[int, Path], Sequence[str]]:
    def made(count: int, folder: Path) -> Sequence[str]:
        specs = folder / "specs"
        if not specs.exists():
            specs.mkdir()
            for at in range(count):
                (specs / f"{at:04d}.yaml").write_text(SPEC.format(name=f"table-{at:04d}"))
        state = ["--state", str(folder / "state.json")]
        return [sys.executable, "-m", "dynaops", *state, *command, str(specs)]

    return made


def pool(job: str) -> Callable[[int, Path], Sequence[str]]:
    return lambda count, _: [sys.executable, str(HERE / "scale_pool.py"), job, str(count), str(WORKERS)]


def ansible(tool: str, *more: str) -> Callable[[int, Path], Sequence[str]]:
    def made(count: int, folder: Path) -> Sequence[str]:
        play = folder / "play.yaml"
        play.write_text(PLAY.format(count=count))
        return [tool, "-i", "localhost,", *more, str(play)]

    return made


def aws_cli(tool: str, script: str) -> Callable[[int, Path], Sequence[str]]:
    return lambda count, _: ["bash", "-c", script.format(aws=tool, count=count)]


def contenders(ansible_playbook: str | None, aws: str | None) -> list[Contender]:
    found = [
        Contender("dynaops", dynaops("apply", "--yes"), dynaops("plan", "--exit-code")),
        Contender(f"boto3, a pool of {WORKERS} threads (lower bound)", pool("create"), pool("check")),
    ]
    if ansible_playbook:
        tool = Contender(
            "Ansible dynamodb_table", ansible(ansible_playbook), ansible(ansible_playbook, "--check"), 100
        )
        found.append(tool)
    if aws:
        tool = Contender("AWS CLI in a shell loop", aws_cli(aws, CLI_CREATE), aws_cli(aws, CLI_CHECK), 100)
        found.append(tool)
    return found


def run(command: Sequence[str], url: str, folder: Path) -> Result:
    """One process and what it took. Raises CalledProcessError where it fails."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": "bench",
        "AWS_SECRET_ACCESS_KEY": "bench",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        "ANSIBLE_PYTHON_INTERPRETER": str(Path(command[0]).parent / "python"),
        "ANSIBLE_LOCAL_TEMP": str(folder / "ansible"),
    }
    began = time.perf_counter()
    with (folder / "output").open("w") as output:
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=output, cwd=folder)
        _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began
    if os.waitstatus_to_exitcode(status):
        sys.stderr.write((folder / "output").read_text()[-2000:])
        raise subprocess.CalledProcessError(os.waitstatus_to_exitcode(status), command)
    return Result(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def race(found: Sequence[Contender], counts: Sequence[int], runs: int) -> None:
    """Let all do both jobs, in turn."""
    for turn in range(runs):
        for count in counts:
            for one in found:
                if count > one.most or (count >= 1000 and turn):
                    continue
                with tempfile.TemporaryDirectory() as name:
                    _both_jobs(one, count, Path(name), turn)


def _both_jobs(one: Contender, count: int, folder: Path, turn: int) -> None:
    command = [sys.executable, str(HERE / "scale_aws.py")]
    aws = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert aws.stdout is not None
    url = json.loads(aws.stdout.readline())["url"]
    try:
        for job, made in (("create", one.create), ("no change", one.check)):
            result = run(made(count, folder), url, folder)
            one.results.setdefault((count, job), []).append(result)
            print(f"{turn + 1}  {count:>5}  {job:10} {one.name:45} {result.seconds:8.2f} s", file=sys.stderr)
    finally:
        aws.communicate()


def report(found: Sequence[Contender], counts: Sequence[int], runs: int) -> str:
    """The medians as Markdown, one table a job; ratios to dynaops."""
    machine = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    taken = f"Medians of {runs} runs (one of 1,000 tables)" if runs > 1 else "One run"
    parts = [f"{taken}; {machine}."]
    for job in ("create", "no change"):
        parts += [
            "",
            f"### {job}",
            "",
            "| tool | " + " | ".join(f"{count:,}" for count in counts) + " | peak MB |",
        ]
        parts.append("| --- |" + " ---: |" * (len(counts) + 1))
        for one in found:
            cells = [_cell(one, found[0], count, job) for count in counts]
            peak = max(result.peak for (_, of), all_ in one.results.items() if of == job for result in all_)
            parts.append(f"| {one.name} | {' | '.join(cells)} | {peak:.0f} |")
    return "\n".join(parts)


def _cell(one: Contender, first: Contender, count: int, job: str) -> str:
    mine = one.results.get((count, job))
    if not mine:
        return ""
    seconds = statistics.median(result.seconds for result in mine)
    if one is first:
        return f"{seconds:.2f} s"
    ratio = seconds / statistics.median(result.seconds for result in first.results[count, job])
    return f"{seconds:.2f} s ({ratio:.1f}x)"


def main() -> None:
    """Race and report."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tables", type=int, nargs="+", default=[1, 20, 100, 1000])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--ansible", metavar="PATH", help="an ansible-playbook with community.aws and boto3")
    parser.add_argument("--aws-cli", metavar="PATH", help="the AWS CLI")
    parser.add_argument("--write", type=Path, help="a document whose results to replace")
    options: Any = parser.parse_args()
    found = contenders(options.ansible, options.aws_cli)
    race(found, options.tables, options.runs)
    text = report(found, options.tables, options.runs)
    print(text)
    if options.write:
        document = options.write.read_text()
        before, _, rest = document.partition("<!-- results -->")
        _, _, after = rest.partition("<!-- end of results -->")
        options.write.write_text(f"{before}<!-- results -->\n{text}\n<!-- end of results -->{after}")


if __name__ == "__main__":
    main()
