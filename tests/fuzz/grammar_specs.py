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
        "${var.none:-",
        "${environment}",
        ":-",
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


def compositions(pick: random.Random) -> tuple[str, bytes]:
    """Documents of tables, overlays, defaults and blocks, of one environment or another."""
    names = ("users", "orders-${environment}", "shop-*", "[", "*a*a*b", "${var.none:-users}", "", 5, None)

    def some(options: tuple[object, ...]) -> object:
        return pick.choice((*options, [pick.choice(options)], {"a": pick.choice(options)}))

    def body() -> dict[str, object]:
        settings: dict[str, object] = {
            "tags": pick.choice(
                ({"a": "${environment}"}, None, {"a": None}, ["a"], {"$${": "${var.none:-x}"})
            ),
            "ttl": pick.choice(({"attribute": "t"}, False, None, "${var.map}")),
            "lambda_triggers": [{"function": some(("f", "f-${workspace}", None))} for _ in range(2)],
            "items": [{"id": "a", "name": "x"}],
        }
        return {key: settings[key] for key in settings if pick.random() < 0.4}

    def document() -> object:
        table = {"table_name": pick.choice(names), "hash_key": "id", "attributes": {"id": "S"}, **body()}
        made: object = pick.choice(
            (table, table, body(), {"defaults": some((body(), "x"))}, {"moved": []}, ["a"])
        )
        if isinstance(made, dict):
            extra = {"only": some(("prod", "dev", "prdo", None)), "match": some(names)}
            made = made | {key: extra[key] for key in extra if pick.random() < 0.15}
        return made

    def good(number: int) -> object:
        table = {"table_name": f"t-{number}-${{environment}}", "hash_key": "id", "attributes": {"id": "S"}}
        extra = {"only": "prod", "tags": {"$${": "${var.none:-$${x}}"}}
        defaults = {"defaults": {"tags": {"a": "${workspace}"}, "deletion_protection": True}, "match": "t-*"}
        keys = [key for key in extra if pick.random() < 0.3]
        return defaults if pick.random() < 0.2 else table | {key: extra[key] for key in keys}

    count = pick.randint(1, 3)
    is_good = pick.random() < 0.3
    documents = [good(number) if is_good else document() for number in range(count)]
    return "made.yaml", "\n---\n".join(map(json.dumps, documents)).encode()
