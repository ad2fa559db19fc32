"""Virtual environments of what people use besides boto3: awswrangler and the AWS CLI, each of its own versions."""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path
from typing import NamedTuple


class Others(NamedTuple):
    """A Python that has awswrangler, and the folder where `aws` is."""

    wrangler_python: str
    cli_folder: str


def install(folder: Path) -> Others:
    """Make the environments in `folder`, unless they are there. Needs a package index."""
    for name, packages in (("awswrangler", ("awswrangler",)), ("awscli", ("awscli", "boto3"))):
        place = folder / name
        if not (place / "done").exists():
            print(f"installing {name} in {place} ...", file=sys.stderr)
            venv.create(place, with_pip=True, clear=True)
            subprocess.run([place / "bin" / "pip", "install", "--quiet", *packages], check=True)
            (place / "done").touch()
    return Others(str(folder / "awswrangler" / "bin" / "python"), str(folder / "awscli" / "bin"))
