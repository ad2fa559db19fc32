"""Check a plan's calls offline against botocore's service model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dynaops.model.errors import DynaopsError
from dynaops.model.operation import Operation

if TYPE_CHECKING:
    from dynaops.aws.session import Aws


def check_parameters(operations: Sequence[Operation], aws: Aws) -> None:
    """Check every call before the first is made, so that none fails half way for its form. Raises DynaopsError."""
    if not operations:
        return
    from botocore.validate import ParamValidator

    validator = ParamValidator()
    for operation in operations:
        model = aws.client(operation.service, operation.region).meta.service_model
        shape = model.operation_model(operation.api).input_shape
        if shape is None:
            continue
        report = validator.validate(operation.parameters, shape)
        if report.has_errors():
            raise DynaopsError(
                f"{operation.title}: {report.generate_report()}",
                "The spec asks for something that AWS's own service model does not allow.",
            )
