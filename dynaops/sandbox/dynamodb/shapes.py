"""Checks of a request's types and constraints, which AWS makes before any other check.

The rules come from botocore's own service model, so every operation is covered; the few places where
AWS is known to differ from its published model are listed in the tables below. The messages were
observed on AWS (findings DDB-TABLE-042, 070, 442 of the ACK API quirks catalogue).
"""

from __future__ import annotations

import functools
import re
import zlib
from dataclasses import dataclass, field
from typing import Any

from botocore.loaders import Loader

from dynaops.sandbox.errors import ApiError, validation

Shape = dict[str, Any]

_NUMBERS = {"long": "Long", "integer": "Integer", "double": "Double", "float": "Float"}
_JAVA_PACKAGE = "com.amazonaws.dynamodb.v20120810"
_MOST_ERRORS = 10
_NAME = re.compile(r"[a-zA-Z0-9_.-]+")
_NAME_PATTERN = "[a-zA-Z0-9_.-]+"

# Members that AWS requires although they are optional in the model (DDB-TABLE-042).
_ALSO_REQUIRED = {"CreateTableInput": ("AttributeDefinitions", "KeySchema")}
# A table's and a local index's key has at most two elements; a global index's up to eight (DDB-TABLE-123).
_MAX_LENGTHS = {("CreateTableInput", "KeySchema"): 2, ("LocalSecondaryIndex", "KeySchema"): 2}
# AWS lists these values in an order that the model does not have.
_ENUM_ORDER = {
    "ScalarAttributeType": ["B", "N", "S"],
    "ProjectionType": ["ALL", "INCLUDE", "KEYS_ONLY"],
}
# The model says 255; AWS accepts any length of attribute names (observed by test suites on AWS).
_LONGER = {"VectorAttributeName": 65_535}
# Checked later, with another message (DDB-TABLE-442).
_OWN_ENUM_TEXT = {"TableClass"}
_TABLE_CLASSES = ("STANDARD", "STANDARD_INFREQUENT_ACCESS")


@functools.cache
def _model(service: str) -> dict[str, Any]:
    model: dict[str, Any] = Loader().load_service_model(service, "service-2")
    return model


def check_shape(operation_name: str, body: dict[str, Any], service: str = "dynamodb") -> None:
    """Refuse a request with members of a wrong type, or that break the service model's constraints.

    Raises SerializationException for a wrong JSON type, otherwise ValidationException that lists
    the faults (at most ten). Unknown members are ignored, as on AWS.
    """
    model = _model(service)
    given = model["operations"][operation_name].get("input")
    if given is None:
        return
    shapes = model["shapes"]
    _Types(shapes).structure(given["shape"], body)
    _check_table_name(shapes[given["shape"]], body)
    faults = _Constraints(shapes)
    faults.structure(given["shape"], body, "")
    _check_name_pattern(body, faults)
    faults.refuse()


def check_types(shape: str, value: Any, service: str = "dynamodb") -> None:
    """Refuse a value whose JSON types differ from the shape's; constraints are not checked.

    Raises SerializationException.
    """
    _Types(_model(service)["shapes"]).value(shape, value, in_list=True)


def check_table_class(value: str | None) -> None:
    """Refuse an unknown table class, with AWS's message (DDB-TABLE-442)."""
    if value is not None and value not in _TABLE_CLASSES:
        raise validation(
            "Invalid table-class parameter provided. Please try again with a valid table-class value: "
            f"[{', '.join(_TABLE_CLASSES)}]."
        )


def _check_table_name(shape: Shape, body: dict[str, Any]) -> None:
    """Refuse a missing or too long TableName; AWS reports it alone, before everything else."""
    if shape["members"].get("TableName") is None or "TableName" not in shape.get("required", ()):
        return
    name = body.get("TableName")
    if name is None:
        raise validation("The parameter 'TableName' is required but was not present in the request")
    if not name.startswith("arn:") and not 3 <= len(name) <= 255:
        raise validation("TableName must be at least 3 characters long and at most 255 characters long")


def _check_name_pattern(body: dict[str, Any], faults: _Constraints) -> None:
    """Check the pattern of a bare TableName (the model's pattern also admits ARNs)."""
    name = body.get("TableName")
    if isinstance(name, str) and not name.startswith("arn:") and not _NAME.fullmatch(name):
        faults.add(name, "tableName", f"satisfy regular expression pattern: {_NAME_PATTERN}")


def _wrong_type(message: str) -> ApiError:
    return ApiError("SerializationException", message)


@dataclass
class _Types:
    """Checks JSON types against the service model."""

    shapes: dict[str, Shape]

    def structure(self, name: str, value: Any) -> None:
        for member, reference in self.shapes[name]["members"].items():
            if isinstance(value, dict) and value.get(member) is not None:
                self.value(reference["shape"], value[member], in_list=False)

    def value(self, name: str, value: Any, in_list: bool) -> None:
        shape = self.shapes[name]
        kind = shape["type"]
        if kind == "structure":
            self._struct(name, value, in_list)
        elif kind == "list":
            self._list(shape, value)
        elif kind == "map":
            self._map(shape, value)
        elif kind in _NUMBERS:
            self._number(_NUMBERS[kind], value)
        elif kind == "boolean":
            self._boolean(value)
        elif kind == "string":
            self._string(value)

    def _struct(self, name: str, value: Any, in_list: bool) -> None:
        if isinstance(value, list):
            raise _wrong_type(f"Unrecognized collection type class {_JAVA_PACKAGE}.{name}")
        if not isinstance(value, dict):
            raise _wrong_type("Unexpected value type in payload" if in_list else "Unexpected field type")
        self.structure(name, value)

    def _list(self, shape: Shape, value: Any) -> None:
        if isinstance(value, dict):
            raise _wrong_type("Start of structure or map found where not expected")
        if not isinstance(value, list):
            raise _wrong_type("Unexpected field type")
        for element in value:
            if element is not None:
                self.value(shape["member"]["shape"], element, in_list=True)

    def _map(self, shape: Shape, value: Any) -> None:
        if isinstance(value, list):
            raise _wrong_type("Unrecognized collection type java.util.Map")
        if not isinstance(value, dict):
            raise _wrong_type("Unexpected field type")
        for element in value.values():
            if element is not None:
                self.value(shape["value"]["shape"], element, in_list=True)

    def _number(self, java: str, value: Any) -> None:
        self._no_collection(java, value)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise _wrong_type(f"{_token(value)} cannot be converted to {java}")

    def _string(self, value: Any) -> None:
        self._no_collection("String", value)
        if not isinstance(value, str):
            raise _wrong_type(f"{_token(value)} cannot be converted to String")

    def _boolean(self, value: Any) -> None:
        self._no_collection("Boolean", value)
        if not isinstance(value, bool):
            raise _wrong_type("Unexpected token received from parser")

    def _no_collection(self, java: str, value: Any) -> None:
        if isinstance(value, list):
            raise _wrong_type(f"Unrecognized collection type class java.lang.{java}")
        if isinstance(value, dict):
            raise _wrong_type("Start of structure or map found where not expected")


def _token(value: Any) -> str:
    if isinstance(value, bool):
        return "TRUE_VALUE" if value else "FALSE_VALUE"
    if isinstance(value, str):
        return "STRING_VALUE"
    return "NUMBER_VALUE" if isinstance(value, int) else "DECIMAL_VALUE"


@dataclass
class _Constraints:
    """Collects every broken constraint of a request."""

    shapes: dict[str, Shape]
    faults: list[str] = field(default_factory=list)

    def refuse(self) -> None:
        """Raise the ValidationException for what was collected, if anything was."""
        if self.faults:
            reported = self.faults[:_MOST_ERRORS]
            plural = "" if len(reported) == 1 else "s"
            raise validation(f"{len(reported)} validation error{plural} detected: {'; '.join(reported)}")

    def add(self, value: Any, path: str, demand: str, shape: str = "") -> None:
        shown = "null" if value is None else f"'{_java_text(value, shape)}'"
        self.faults.append(f"Value {shown} at '{path}' failed to satisfy constraint: Member must {demand}")

    def structure(self, name: str, value: dict[str, Any], path: str) -> None:
        shape = self.shapes[name]
        required = (*shape.get("required", ()), *self._also_required(name, value))
        for member, reference in shape["members"].items():
            here = f"{path}.{_lower_first(member)}" if path else _lower_first(member)
            if value.get(member) is None:
                if member in required:
                    self.add(None, here, "not be null")
            else:
                self.value(reference["shape"], value[member], here, _MAX_LENGTHS.get((name, member)))

    def value(self, name: str, value: Any, path: str, longest: int | None = None) -> None:
        shape = self.shapes[name]
        kind = shape["type"]
        if kind == "structure":
            self.structure(name, value, path)
        elif kind == "list":
            self._list(shape, value, path, longest)
        elif kind == "map":
            self._map(shape, value, path)
        elif kind in _NUMBERS:
            self._number(shape, value, path)
        elif kind == "string":
            self._string(name, shape, value, path)

    def _also_required(self, name: str, value: dict[str, Any]) -> tuple[str, ...]:
        # A replica of another account's table has that table's schema.
        return () if value.get("GlobalTableSourceArn") else _ALSO_REQUIRED.get(name, ())

    def _list(self, shape: Shape, value: list[Any], path: str, longest: int | None) -> None:
        element = shape["member"]["shape"]
        self._length(value, shape.get("min"), longest or shape.get("max"), path, element)
        for number, member in enumerate(value, 1):
            if member is not None:
                self.value(element, member, f"{path}.{number}.member")

    def _map(self, shape: Shape, value: dict[str, Any], path: str) -> None:
        self._length(value, shape.get("min"), shape.get("max"), path, "")
        for key, member in value.items():
            if member is not None:
                self.value(shape["value"]["shape"], member, f"{path}.{key}.member")

    def _number(self, shape: Shape, value: float, path: str) -> None:
        if shape["type"] in ("long", "integer"):
            value = int(value)  # AWS silently drops a fraction
        if "min" in shape and value < shape["min"]:
            self.add(value, path, f"have value greater than or equal to {shape['min']}")
        if "max" in shape and value > shape["max"]:
            self.add(value, path, f"have value less than or equal to {shape['max']}")

    def _string(self, name: str, shape: Shape, value: str, path: str) -> None:
        if "enum" in shape:
            if value not in shape["enum"] and name not in _OWN_ENUM_TEXT:
                allowed = ", ".join(_ENUM_ORDER.get(name) or shape["enum"])
                self.add(value, path, f"satisfy enum value set: [{allowed}]")
            return
        pattern = _pattern(shape.get("pattern"))
        if pattern is not None and not pattern.fullmatch(value):
            self.add(value, path, f"satisfy regular expression pattern: {shape['pattern']}")
        if path != "tableName":
            self._length(value, shape.get("min"), _LONGER.get(name, shape.get("max")), path, "")

    def _length(self, value: Any, least: int | None, most: int | None, path: str, shape: str) -> None:
        if least is not None and len(value) < least:
            self.add(value, path, f"have length greater than or equal to {least}", shape)
        if most is not None and len(value) > most:
            self.add(value, path, f"have length less than or equal to {most}", shape)


@functools.cache
def _pattern(java: str | None) -> re.Pattern[str] | None:
    """The Python regular expression for a model's Java pattern; None if it cannot be expressed."""
    if java is None:
        return None
    try:
        return re.compile(java.replace(r"\p{Print}", "[ -~]"))
    except re.error:
        return None


def _lower_first(member: str) -> str:
    return member[0].lower() + member[1:]


def _java_text(value: Any, shape: str) -> str:
    """A value as Java prints it (for lists of structures AWS prints Java object identities instead)."""
    if isinstance(value, list):
        return f"[{', '.join(_java_text(element, shape) for element in value)}]"
    if isinstance(value, dict):
        return f"{_JAVA_PACKAGE}.{shape}@{zlib.crc32(repr(value).encode()):08x}"
    return str(value)
