"""Every command shown in the README and the docs is run, as a reader would, on the embedded AWS."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from dynaops.sandbox import SandboxServer
from tests.cli.running import bare_environment
from tests.companions.functions import make_function
from tests.docs.pages import ROOT, Block, blocks, pages, script
from tests.preloaded.process import search_path


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.stem)
def test_its_commands_do_what_it_says(page: Path, tmp_path: Path, server: SandboxServer) -> None:
    found = blocks(page.read_text(encoding="utf-8"))
    if found:
        for name in ("order-processor", "order-audit"):
            make_function(Account(server), name)
        done = run(script(found), tmp_path, server)
        assert done.returncode == found[-1].status or done.returncode == 0, report(page, done)
        assert "the block at line" not in done.stderr, report(page, done)


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.stem)
def test_its_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), target


@pytest.mark.parametrize(
    ("text", "status"), [("false", 0), ("true", 2), ("exit 3", 0), ("dynaops plan nowhere", 0)]
)
def test_a_page_that_lies_fails(text: str, status: int, tmp_path: Path, server: SandboxServer) -> None:
    done = run(script([Block(7, text, status), Block(9, "echo later")]), tmp_path, server)
    assert "the block at line 7 ended with" in done.stderr
    assert "later" not in done.stdout


def test_blocks_share_a_session_and_may_fail_as_told(tmp_path: Path, server: SandboxServer) -> None:
    found = blocks(
        "<!-- run: there=sandbox -->\n```sh\necho $there\n```\n<!-- exit: 1 -->\n```sh\ndynaops plan nowhere\n```\n"
        "<!-- not run: it needs an account -->\n```sh\nexit 9\n```\n```text\nexit 9\n```\n```sh\necho end\n```\n"
    )
    assert [block.line for block in found] == [1, 3, 7, 17]
    done = run(script(found), tmp_path, server)
    assert (done.returncode, done.stdout) == (0, "sandbox\nend\n"), done.stderr


class Account:
    """The account of a page: it has the functions that the examples name."""

    def __init__(self, server: SandboxServer) -> None:
        self.server = server

    def client(self, service: str) -> Any:
        return self.server.client(service, "eu-west-1")


def run(text: str, folder: Path, server: SandboxServer) -> subprocess.CompletedProcess[str]:
    """A page's script in a folder with the examples, with dynaops on PATH and the sandbox for AWS."""
    shutil.copytree(ROOT / "specs", folder / "specs")
    environment = {
        **bare_environment(folder),
        "PATH": search_path(),
        "AWS_ENDPOINT_URL": server.url,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "eu-west-1",
    }
    return subprocess.run(
        ["bash", "-c", text],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def report(page: Path, done: subprocess.CompletedProcess[str]) -> str:
    return f"{page.name}: exit {done.returncode}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"


def test_every_kind_has_its_section() -> None:
    from dynaops.kinds.registry import PROPERTY_RULES

    headings = re.findall(r"^## .+$", (ROOT / "docs" / "kinds.md").read_text(encoding="utf-8"), re.MULTILINE)
    told = {kind for heading in headings for kind in re.findall(r"`(\w+)`", heading)}
    assert told == set(PROPERTY_RULES)
