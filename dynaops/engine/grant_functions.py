"""The functions that a grant is for, and the roles they run as. Only reads AWS."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from dynaops.aws.errors import AccessDenied
from dynaops.engine.observe import in_parallel
from dynaops.kinds.kind import AwsReader
from dynaops.model.finding import Finding
from dynaops.model.findings.commands import GRANT102, GRANT103
from dynaops.model.findings.rule import make_finding


@dataclass(frozen=True)
class Function:
    """A function as Lambda describes it; `asked` is how the user named it."""

    asked: str
    name: str
    arn: str
    role_arn: str

    @property
    def role(self) -> str:
        return self.role_arn.rpartition("/")[2]

    @property
    def account(self) -> str:
        """The account that the role is of."""
        return self.role_arn.split(":")[4]


def found(read: AwsReader, names: Sequence[str], region: str) -> tuple[list[Function], list[Finding]]:
    """The functions by name, partial ARN or ARN, each once, and what is wrong with the names."""
    asked = list(dict.fromkeys(names))
    described = in_parallel([partial(_described, read, name, region) for name in asked])
    functions: dict[str, Function] = {}
    wrong: list[Finding] = []
    for name, function in zip(asked, described, strict=True):
        if function is None:
            where = _region_of(name, region)
            wrong.append(make_finding(GRANT102, f"There is no function {name} in {where}"))
        elif function.account != read.account:
            wrong.append(
                make_finding(
                    GRANT103, f"{name} runs as a role of account {function.account}, not of {read.account}"
                )
            )
        else:
            functions.setdefault(function.arn, function)
    return list(functions.values()), wrong


def sharing(read: AwsReader, functions: Sequence[Function], region: str) -> Iterator[tuple[str, list[str]]]:
    """(role, other functions in the region that run as it), for the roles of `functions` that others have too.

    Nothing where the caller may not list functions.
    """
    try:
        listed = read.read_all("lambda", "ListFunctions", region, {}, "Functions", "Marker", "NextMarker")
    except AccessDenied:
        return
    own = {function.name for function in functions}
    for role in _roles(functions):
        others = [
            one["FunctionName"]
            for one in listed or ()
            if one["Role"] == role and one["FunctionName"] not in own
        ]
        if others:
            yield role.rpartition("/")[2], sorted(others)


def _roles(functions: Iterable[Function]) -> list[str]:
    return list(dict.fromkeys(function.role_arn for function in functions))


def _described(read: AwsReader, name: str, region: str) -> Function | None:
    where = _region_of(name, region)
    answer = read.read("lambda", "GetFunctionConfiguration", where, {"FunctionName": name})
    if answer is None:
        return None
    return Function(name, answer["FunctionName"], answer["FunctionArn"], answer["Role"])


def _region_of(name: str, region: str) -> str:
    """The region that a full ARN names, else the table's."""
    parts = name.split(":")
    return parts[3] if name.startswith("arn:") and len(parts) > 6 else region
