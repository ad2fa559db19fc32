"""Fills in the variables of serverless.yml where they are known exactly; otherwise the value is Unknown.

Source: Serverless Framework, Variables (v3, v4). ``self``, ``opt``, ``env``, ``sls``, ``aws``, ``param`` and ``file``
of plain YAML or JSON beside it. Values that are looked up at deployment (``cf``, ``ssm``, ``s3``, scripts) are Unknown.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path

from dynaops.convert.budget import Budget
from dynaops.convert.cloudformation.template import read as read_template
from dynaops.convert.cloudformation.values import string_of
from dynaops.convert.part import Unknown
from dynaops.model.files import FileRefused, read_bytes
from dynaops.specs.yaml_tree import YamlNode

_VARIABLE = re.compile(r"\$\{((?:[a-zA-Z]+:(?!:)|file\()[^${}]*)\}")
"""An innermost variable; CloudFormation's ``${AWS::Region}`` and ``${Table}`` do not match."""
_FILE = re.compile(r"file\(\s*([^()]+?)\s*\)(?::(.+))?")
_MOST_FILLED = 50
_MAX_FILE = 1024 * 1024


class Variables:
    """The variables of one serverless.yml. `given`: values by ``opt:stage``, ``env:X``, or a bare name."""

    def __init__(self, root: YamlNode, given: Mapping[str, str], budget: Budget) -> None:
        self._root = root
        self._given = given
        self._budget = budget
        self._busy: list[str] = []
        self._sources: dict[str, Callable[[str], YamlNode | Unknown | None]] = {
            "self": self._own,
            "opt": self._option,
            "env": self._environment,
            "sls": self._framework,
            "aws": self._account,
            "param": self._parameter,
        }

    def filled(self, node: YamlNode) -> YamlNode:
        """The tree with its variables filled in. Raises TooLarge."""
        self._budget.step()
        with self._budget.nested():
            if isinstance(node.value, dict):
                entries = {self._key(name): self.filled(child) for name, child in node.value.items()}
                return YamlNode(entries, node.spot, node.key)
            if isinstance(node.value, list):
                return YamlNode([self.filled(child) for child in node.value], node.spot, node.key)
            if isinstance(node.value, str) and "${" in node.value:
                return self._text(node)
            return node

    def _key(self, name: str) -> str:
        made = self._text(YamlNode(name, ("", 0, 0))).value if "${" in name else name
        return made if isinstance(made, str) else name

    def _text(self, node: YamlNode) -> YamlNode:
        text = node.value
        for _ in range(_MOST_FILLED):
            match = _VARIABLE.search(text)
            if match is None:
                return YamlNode(text, node.spot, node.key)
            value = self._value(match.group(1))
            if isinstance(value, Unknown):
                return YamlNode(value, node.spot, node.key)
            if match.group() == text:
                return YamlNode(value.value, node.spot, node.key)
            if isinstance(value.value, Unknown | dict | list):
                why = value.value.why if isinstance(value.value, Unknown) else f"{match.group()} is no text"
                return YamlNode(Unknown(why), node.spot, node.key)
            text = text[: match.start()] + string_of(value.value) + text[match.end() :]
            self._budget.reserve(len(text))
        return YamlNode(Unknown("its variables name each other again and again"), node.spot, node.key)

    def _value(self, expression: str) -> YamlNode | Unknown:
        """The value of the first source that has one, else the fallback."""
        first: Unknown | None = None
        for source in (text.strip() for text in expression.split(",")):
            literal = _literal(source)
            value = literal if literal is not None else self._source(source)
            if isinstance(value, YamlNode):
                return value
            if isinstance(value, Unknown):
                return value
            first = first or Unknown(f"${{{source}}} has no value: give it with --parameter {source}=VALUE")
        return first or Unknown(f"${{{expression}}} is not known")

    def _source(self, text: str) -> YamlNode | Unknown | None:
        """The value of a source; None if it certainly has none, so that the fallback counts."""
        if text in self._given:
            return YamlNode(self._given[text], ("", 0, 0))
        if text in self._busy:
            return Unknown(f"${{{text}}} depends on itself")
        kind, _, name = text.partition(":")
        self._busy.append(text)
        try:
            if text.startswith("file("):
                return self._file(text)
            source = self._sources.get(kind)
            if source is None:
                return Unknown(
                    f"${{{text}}} is looked up when it is deployed: give it with --parameter {text}=VALUE"
                )
            return source(name)
        finally:
            self._busy.pop()

    def _own(self, path: str) -> YamlNode | Unknown | None:
        node: YamlNode | None = self._root
        for name in path.split(".") if path else ():
            if node is not None and isinstance(node.value, str) and "${" in node.value:
                node = self._text(node)
            if node is not None and isinstance(node.value, Unknown):
                return Unknown(node.value.why)
            value = node.value if node is not None else None
            if isinstance(value, list) and name.isdecimal():
                node = value[int(name)] if int(name) < len(value) else None
            else:
                node = value.get(name) if isinstance(value, dict) else None
        if node is None:
            default = {"provider.stage": "dev", "provider.region": "us-east-1"}.get(path)
            return YamlNode(default, ("", 0, 0)) if default else None
        return self.filled(node)

    def _option(self, name: str) -> YamlNode | None:
        """An option of the framework's command line; None unless `given` has it."""
        return YamlNode(self._given[name], ("", 0, 0)) if name in self._given else None

    def _environment(self, name: str) -> Unknown:
        return Unknown(f"${{env:{name}}} is the environment's: give it with --parameter env:{name}=VALUE")

    def _framework(self, name: str) -> YamlNode | Unknown | None:
        if name == "stage":
            return self._option("stage") or self._own("provider.stage")
        return Unknown(f"${{sls:{name}}} is known when it is deployed")

    def _account(self, name: str) -> YamlNode | Unknown | None:
        if name == "region":
            return self._option("region") or self._own("provider.region")
        return Unknown(
            f"${{aws:{name}}} is known when it is deployed: give it with --parameter aws:{name}=VALUE"
        )

    def _parameter(self, name: str) -> YamlNode | Unknown | None:
        """The value of ``params.STAGE.NAME``, else of ``params.default.NAME``."""
        if name in self._given:
            return YamlNode(self._given[name], ("", 0, 0))
        stage = self._framework("stage")
        if not isinstance(stage, YamlNode) or not isinstance(stage.value, str):
            return Unknown(f"${{param:{name}}} depends on the stage, which is not known")
        return self._own(f"params.{stage.value}.{name}") or self._own(f"params.default.{name}")

    def _file(self, text: str) -> YamlNode | Unknown | None:
        parts = _FILE.fullmatch(text)
        why = Unknown(f"${{{text}}} is not read: only YAML and JSON files within the folder are")
        if parts is None or not parts.group(1).endswith((".yml", ".yaml", ".json")):
            return why
        folder = Path(self._root.spot[0]).parent
        path = folder / parts.group(1)
        if not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder)):
            return why
        try:
            text_of = read_bytes(path, _MAX_FILE).decode("utf-8-sig")
        except (FileRefused, UnicodeDecodeError):
            return Unknown(f"{path.as_posix()} cannot be read")
        node: YamlNode | None = read_template(text_of, path.as_posix(), legacy=False)
        for name in (parts.group(2) or "").split(".") if parts.group(2) else ():
            node = node.value.get(name) if node is not None and isinstance(node.value, dict) else None
        return None if node is None else self.filled(node)


def _literal(text: str) -> YamlNode | None:
    """A literal fallback: text in quotes, a number, true or false; None for anything else."""
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        return YamlNode(text[1:-1], ("", 0, 0))
    if text in ("true", "false"):
        return YamlNode(text == "true", ("", 0, 0))
    if text == "null":
        return YamlNode(None, ("", 0, 0))
    return YamlNode(int(text), ("", 0, 0)) if re.fullmatch(r"-?\d{1,15}", text) else None
