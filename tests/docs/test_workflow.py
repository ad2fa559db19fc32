"""The workflow of docs/reviews.md, its own commands run in their order: a pull request, its change, and its merge."""

from __future__ import annotations

import json
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from dynaops.sandbox import SandboxServer
from tests.cli.running import bare_environment
from tests.docs.pages import ROOT
from tests.preloaded.process import search_path

RULES = "rules:\n- id: owner\n  message: who owns it?\n  require: tags.owner\n"
SPEC = "table_name: orders\nhash_key: id\nattributes: {id: S}\ntags: {owner: %s}\n"
GH = '''#!{python}
"""What the workflow asks of gh, with its data in files."""
import json, os, pathlib, subprocess, sys

data = pathlib.Path(os.environ["GH_DATA"])
arguments = sys.argv[1:]
options = {{name: arguments[at + 1] for at, name in enumerate(arguments[:-1]) if name.startswith("-")}}
comments = json.loads((data / "comments").read_text())
answer = None
if arguments[:2] == ["run", "list"]:
    assert options["--commit"] == "head-sha" and options["--workflow"] == "tables.yaml"
    answer = [{{"databaseId": 77}}]
elif arguments[:2] == ["run", "download"]:
    assert arguments[2] == "77"
    pathlib.Path("tables.plan").write_bytes((data / "artifact").read_bytes())
else:
    path = next(one for one in arguments[1:] if one.startswith("repos/acme/shop/"))
    body = options.get("-F", "").removeprefix("body=@")
    if options.get("--method") == "POST":
        comments.append({{"id": len(comments), "user": {{"login": "github-actions[bot]"}}, "body": open(body).read()}})
    elif options.get("--method") == "PATCH":
        comments[int(path.rpartition("/")[2])]["body"] = open(body).read()
    elif path.endswith("/commits/merge-sha/pulls"):
        answer = [{{"number": 5}}]
    elif path.endswith("/pulls/5"):
        answer = {{"head": {{"sha": "head-sha"}}}}
    else:
        assert path.endswith("/issues/5/comments"), path
        answer = comments
    (data / "comments").write_text(json.dumps(comments))
if answer is not None:
    sys.exit(subprocess.run(["jq", "-r", options["--jq"]], input=json.dumps(answer), text=True).returncode)
'''


def workflow() -> dict[str, Any]:
    text = (ROOT / "docs" / "reviews.md").read_text(encoding="utf-8")
    found: dict[str, Any] = YAML(typ="safe").load(
        re.findall(r"```yaml\n(name: tables.*?)```", text, re.DOTALL)[0]
    )
    return found


class Runner:
    """Runs the `run` steps of a job as GitHub does, in bash, with stand-ins for gh and the actions."""

    def __init__(self, folder: Path, server: SandboxServer) -> None:
        self.folder = folder
        self.data = folder.parent / "data"
        programs = folder.parent / "bin"
        for made in (folder / "specs", folder / "base", self.data, programs):
            made.mkdir(parents=True)
        (programs / "gh").write_text(GH.format(python=sys.executable))
        (programs / "gh").chmod(stat.S_IRWXU)
        (self.data / "comments").write_text(
            json.dumps([{"id": 0, "user": {"login": "mallory"}, "body": f"x\n{workflow()['env']['MARKER']}"}])
        )
        (folder / "base" / "house-rules.yaml").write_text(RULES)
        (folder / "house-rules.yaml").write_text("rules: []\n")  # a pull request that relaxes them
        self.environment = {
            **bare_environment(folder),
            **workflow()["env"],
            "PATH": f"{programs}:{search_path()}",
            "GH_DATA": str(self.data),
            "AWS_ENDPOINT_URL": server.url,
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "DYNAOPS_STATE": str(folder.parent / "state.json"),
            "GITHUB_REPOSITORY": "acme/shop",
            "GITHUB_SHA": "merge-sha",
            "GITHUB_OUTPUT": str(self.data / "output"),
            "NUMBER": "5",
        }

    def job(self, name: str, **more: str) -> int:
        """The exit code of its first step that fails; 0 where none does."""
        for step in workflow()["jobs"][name]["steps"]:
            if "upload-artifact" in step.get("uses", ""):
                (self.data / "artifact").write_bytes((self.folder / step["with"]["path"]).read_bytes())
            if "run" not in step or step["run"].startswith("pip "):
                continue
            output = self.data / "output"
            told = (
                dict(line.split("=", 1) for line in output.read_text().splitlines())
                if output.exists()
                else {}
            )
            done = subprocess.run(
                ["bash", "-eo", "pipefail", "-c", step["run"]],
                cwd=self.folder,
                env={**self.environment, "DIGEST": told.get("digest", ""), **more},
                capture_output=True,
                text=True,
                timeout=120,
                check=False,
            )
            sys.stderr.write(done.stdout + done.stderr)
            if done.returncode:
                return done.returncode
        return 0

    @property
    def comments(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads((self.data / "comments").read_text())
        return found


@pytest.fixture
def runner(tmp_path: Path, server: SandboxServer) -> Runner:
    return Runner(tmp_path / "work", server)


@pytest.mark.skipif(shutil.which("jq") is None, reason="gh has jq inside; its stand-in needs the program")
def test_a_pull_request_is_planned_told_once_and_applied_as_it_was_reviewed(
    runner: Runner, server: SandboxServer
) -> None:
    spec = runner.folder / "specs" / "orders.yaml"
    client = server.client("dynamodb", "eu-central-1")
    for owner in ("shop", "store"):
        spec.write_text(SPEC % owner)
        assert runner.job("review") == 0
        assert [comment["user"]["login"] for comment in runner.comments] == ["mallory", "github-actions[bot]"]
        assert owner in runner.comments[1]["body"]
    assert client.list_tables()["TableNames"] == []
    reviewed = (runner.data / "artifact").read_bytes()
    (runner.data / "artifact").write_bytes(reviewed + b"\n")
    assert runner.job("apply") == 5
    assert client.list_tables()["TableNames"] == []
    (runner.data / "artifact").write_bytes(reviewed)
    assert runner.job("apply") == 0
    assert client.list_tables()["TableNames"] == ["orders"]
    assert runner.job("apply") == 5  # it has been applied


def test_its_permissions_and_conditions_are_as_the_page_says() -> None:
    jobs = workflow()["jobs"]
    assert jobs["review"]["permissions"] == {
        "contents": "read",
        "id-token": "write",
        "pull-requests": "write",
    }
    assert "head.repo.full_name == github.repository" in jobs["review"]["if"]
    assert jobs["apply"]["environment"] == "production"
    scripts = [step["run"] for job in jobs.values() for step in job["steps"] if "run" in step]
    assert not [script for script in scripts if "${{" in script], (
        "text of others would become part of a script"
    )
