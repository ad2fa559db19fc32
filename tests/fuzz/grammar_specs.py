"""Specs with variables made at random, as beginnings, ends and names of references in any order."""

from __future__ import annotations

import json
import random

_PIECES = (
    *(
        "${",
        "}",
        "$${",
        "$",
        "{",
        "var.",
        "env.",
        "workspace",
        ".",
        " ",
        "-",
        "a",
        "number",
        "list",
        "map",
        "long",
    ),
    *(
        "${var.a}",
        "${var.number}",
        "${var.list}",
        "${var.long}",
        "${env.DYNAOPS_VAR_A}",
        "${env.HOME}",
        "${workspace}",
    ),
    *(
        "${env.AWS_SECRET_ACCESS_KEY}",
        "${table_arn}",
        "${stream_arn}",
        "${var.none}",
        "ü€",
        "\x1b",
        "\n",
        "'",
        '"',
        "\\",
    ),
)


def variables(pick: random.Random) -> tuple[str, bytes]:
    """A spec whose strings hold references."""

    def text(most: int) -> str:
        pieces = [pick.choice(_PIECES) for _ in range(pick.randint(0, most))]
        return "".join(pieces) * (pick.choice((1, 1, 1, 1, 30)) if most > 3 else 1)

    spec = {
        "table_name": pick.choice(("users", text(3))),
        "hash_key": "id",
        "attributes": {"id": "S"},
        "tags": {text(3): text(8) for _ in range(pick.randint(0, 4))},
        "items": [{"id": text(8), "l": [text(4)]} for _ in range(pick.randint(0, 2))],
        "read_capacity": pick.choice((1, "${var.number}", text(2))),
    }
    return "made.yaml", json.dumps({key: spec[key] for key in spec if pick.random() < 0.95}).encode()
