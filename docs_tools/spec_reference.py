"""The reference of specs for the docs, made from the models that read them.

``python -m docs_tools.spec_reference docs`` writes spec.md and the two JSON Schemas anew; a test keeps them current.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Schema = dict[str, Any]

_OPENING = """# Specs

Written by `python -m docs_tools.spec_reference docs` from the models that read specs: change those, not this file.
`dynaops schema` prints the same as a JSON Schema, with which editors complete and check specs:

```yaml
# yaml-language-server: $schema=dynaops.schema.json
```

One YAML document is one table; a file may hold several. Only `table_name`, `hash_key` and `attributes` are required.
A block with an `enabled` key may be written as a boolean. Unknown keys are errors.

What the state owns and a spec no longer names is taken back; what neither names is left alone; a key with a default
means that default where it is absent.

## Overlays

`-f FILE` lays the documents of a file on the specs; without a PATH, the first such file holds the specs. Maps merge,
lists of named things (by `name`, `function` or `region`) merge by name, other lists and `items` replace, null removes
the key. Which tables a document of an overlay is for:

| the overlay has | it is for |
| --- | --- |
| `table_name: orders` | that table, by its name as it is written or with its variables filled in |
| `table_name: shop-*` | the tables whose names fit the pattern (`*`, `?`, `[abc]`) |
| `match: orders`, `match: [orders, shop-*]` | the same, and `table_name` beside it renames the table |
| neither | all tables |

An overlay that fits no table is an error: a new table stands in a spec.

## Composition

[composition.md](composition.md) shows how defaults, overlays and variables make several environments of one set of
specs. `only: [prod]` in a document says in which environments it is there; in the others it is as if absent.
`defaults` in a document of its own is for the tables of its file; in a file called `defaults.yaml` for those of its
folder and of the folders below. From the lowest layer on: the project file's `default_tags` and `defaults`, those of
folders from the outermost on, those of the file, the document itself, the environment's overlays, `-f`. What a higher
layer says wins, and layers merge as overlays do.

## Variables

In strings, `${var.NAME}` stands for a value of `--var NAME=VALUE`, `--var-file FILE` or the project file,
`${env.NAME}` for an environment variable, `${workspace}` for the workspace's name, `${environment}` for that of the
environment (`-E`), and `$${` for a literal `${`. They stand in values and in keys, wherever a name or any other text
does. A value that stands alone keeps its type: a list of a var file stays a list. What is not defined is an error, and
so is a `${` without an end.

`${var.NAME:-DEFAULT}` stands for DEFAULT where the variable is not given or empty, and so do the other forms with a
default. A default goes up to its `}`, may hold variables with defaults of their own (up to 10 within one another), and
reads as YAML where it stands alone: `${var.days:-7}` is a number. It does not open what the environment keeps closed.

Whoever writes a spec decides what a plan shows, so the environment is closed to specs, but for

- names that begin with `DYNAOPS_VAR_`, or with a prefix that the project file adds;
- names that the command line opens: `--env-var NAME`.

Names that look like those of secrets (`AWS_*`, `*TOKEN*`, `*SECRET*`, `*PASSWORD*`, `*CREDENTIAL*`, `*PRIVATE*`,
`*_KEY` and the like, in any case) are opened by `--env-var` alone, whatever they begin with. A saved plan does not keep
what was opened: name it again for `dynaops apply FILE`. Plans, reviews, saved plans and the state show all values as
they are.

The [project file](project.md) adds prefixes, and variables for all specs or for an environment:

```toml
env_prefixes = ["SHOP_"]  # ${env.SHOP_STAGE} may be read
```

## References to other tables

In string values, `${ref:TABLE/ATTRIBUTE}` stands for a value of another table, alone or within a text:
`${ref:orders/arn}/index/*`. TABLE is the name of a table whose spec the same command reads, or of an
[external](refactoring.md#tables-of-others) one; variables may stand in it (`${ref:orders-${environment}/arn}`).
ATTRIBUTE is `name`, `arn`, `stream_arn` or `region`. A reference stands in no key, not in `table_name` or `region`, and
takes no default; `$${ref:` is a literal `${ref:`. [composition.md](composition.md#values-of-other-tables) shows when
values are known, and in which order tables are made and deleted.
"""


def documents() -> dict[str, str]:
    """File name to text."""
    from dynaops.specs.project_schema import project_schema
    from dynaops.specs.schema import json_schema

    schema = json_schema()
    return {
        "spec.md": "\n".join([_OPENING, *_page(schema)]),
        "spec.schema.json": json.dumps(schema, indent=2) + "\n",
        "project.schema.json": json.dumps(project_schema(), indent=2) + "\n",
    }


def _page(schema: Schema) -> Iterator[str]:
    blocks = {name: _block(one) for name, one in schema["$defs"].items()}
    table = {**schema, "required": schema["anyOf"][0]["required"]}
    yield from _table("The table", table, blocks)
    for name, block in blocks.items():
        yield from _table(name, block, blocks)


def _block(one: Schema) -> Schema:
    """A definition without its boolean short form."""
    found: Schema = one["anyOf"][1] | {"description": one["description"]} if "anyOf" in one else one
    return found


def _table(title: str, block: Schema, blocks: dict[str, Schema]) -> Iterator[str]:
    yield f"## {title}"
    yield ""
    if title in blocks:
        yield " ".join(block.get("description", "").split())
        yield ""
    yield "| key | value | default | meaning |"
    yield "| --- | --- | --- | --- |"
    required = block.get("required", ())
    for name, one in block["properties"].items():
        default = "required" if name in required else _default(one)
        yield f"| `{name}` | {_type(one)} | {default} | {_cell(one.get('description', ''))} |"
    yield ""


def _default(one: Schema) -> str:
    value = one.get("default")
    if value is None:
        return ""
    if isinstance(value, dict):
        value = {name: part for name, part in value.items() if part is not None}
    return f"`{json.dumps(value)}`"


def _type(one: Schema) -> str:
    if "$ref" in one:
        name = one["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in one:
        return " or ".join(_type(part) for part in one["anyOf"] if part.get("type") != "null")
    if "enum" in one:
        return ", ".join(f"`{value}`" for value in one["enum"])
    if "const" in one:
        return f"`{one['const']}`"
    if one.get("type") == "array":
        return f"list of {_type(one['items'])}"
    if one.get("type") == "object":
        inner = one.get("additionalProperties")
        return f"map to {_type(inner)}" if isinstance(inner, dict) else "map"
    return _plain(one)


_NAMES = {"integer": "whole number", "boolean": "true or false", "number": "number", "string": "string"}


def _plain(one: Schema) -> str:
    name = _NAMES.get(one.get("type", ""), "any value")
    low, high = one.get("minimum"), one.get("maximum")
    if low is not None and high is not None:
        return f"{name}, {low} to {high}"
    return f"{name}, from {low}" if low is not None else name


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    for file, text in documents().items():
        (Path(sys.argv[1]) / file).write_text(text, encoding="utf-8")
