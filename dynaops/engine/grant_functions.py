"""Look up the Lambda functions of a grant and their execution roles. Only reads AWS."""

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
    """A function as Lambda describes it; `asked` is the name that the user gave."""

    asked: str
    name: str
    arn: str
    role_arn: str

    @property
    def role(self) -> str:
        return self.role_arn.rpartition("/")[2]

    @property
    def account(self) -> str:
        """The account of the role."""
        return self.role_arn.split(":")[4]


def find_functions(
    read: AwsReader, names: Sequence[str], region: str
) -> tuple[list[Function], list[Finding]]:
    """(the functions for names, partial ARNs or ARNs, each once; findings for names that are wrong)."""
    requested = list(dict.fromkeys(names))
    described = in_parallel([partial(_described, read, name, region) for name in requested])
    functions: dict[str, Function] = {}
    errors: list[Finding] = []
    for name, function in zip(requested, described, strict=True):
        if function is None:
            function_region = _region_of(name, region)
            errors.append(make_finding(GRANT102, f"There is no function {name} in {function_region}"))
        elif function.account != read.account:
            errors.append(
                make_finding(
                    GRANT103, f"{name} runs as a role of account {function.account}, not of {read.account}"
                )
            )
        else:
            functions.setdefault(function.arn, function)
    return list(functions.values()), errors


def sharing(read: AwsReader, functions: Sequence[Function], region: str) -> Iterator[tuple[str, list[str]]]:
    """(role, names of other functions in the region with the same role), for the roles of `functions`.

    Empty if the caller may not list functions.
    """
    try:
        all_functions = read.read_all(
            "lambda", "ListFunctions", region, {}, "Functions", "Marker", "NextMarker"
        )
    except AccessDenied:
        return
    own = {function.name for function in functions}
    for role in _roles(functions):
        others = [
            function["FunctionName"]
            for function in all_functions or ()
            if function["Role"] == role and function["FunctionName"] not in own
        ]
        if others:
            yield role.rpartition("/")[2], sorted(others)


def _roles(functions: Iterable[Function]) -> list[str]:
    return list(dict.fromkeys(function.role_arn for function in functions))


def _described(read: AwsReader, name: str, region: str) -> Function | None:
    function_region = _region_of(name, region)
    response = read.read("lambda", "GetFunctionConfiguration", function_region, {"FunctionName": name})
    if response is None:
        return None
    return Function(name, response["FunctionName"], response["FunctionArn"], response["Role"])


def _region_of(name: str, region: str) -> str:
    """The region in a full ARN, else the table's region."""
    parts = name.split(":")
    return parts[3] if name.startswith("arn:") and len(parts) > 6 else region
