"""Lambda functions of mappings: given by name, partial ARN or ARN, with or without a qualifier."""

from __future__ import annotations

import re
from typing import Any

from dynaops.model.arns import partition_of
from dynaops.sandbox.dispatch import ApiCall
from dynaops.sandbox.errors import ApiError

_NAME = re.compile(
    r"(?:(?:arn:aws[\w-]*:lambda:)?(?:(?P<region>[a-z]{2,4}(?:-[a-z]+)+-\d):)?(?:(?P<account>\d{12}):)?function:"
    r"|(?P<bare_account>\d{12}):(?:function:)?)?"
    r"(?P<name>[a-zA-Z0-9-_]{1,64})(?::(?P<qualifier>\$LATEST|[a-zA-Z0-9-_]+))?"
)


def parameter(message: str) -> ApiError:
    """Lambda's InvalidParameterValueException."""
    return ApiError("InvalidParameterValueException", message, Type="User")


def arn_of(call: ApiCall, text: str) -> str:
    """The function's ARN for a FunctionName, with the qualifier if it has one.

    Raises InvalidParameterValueException for a text of another form, or an ARN of another account or region.
    """
    parts = _NAME.fullmatch(text)
    if parts is None:
        raise parameter(f"Invalid function name: {text}")
    region = parts["region"] or call.region
    account = parts["account"] or parts["bare_account"] or call.account
    if (region, account) != (call.region, call.account):
        raise parameter(f"The function is not of this account and region: {text}")
    plain = f"arn:{partition_of(region)}:lambda:{region}:{account}:function:{parts['name']}"
    return f"{plain}:{parts['qualifier']}" if parts["qualifier"] else plain


def name_of(arn: str) -> str:
    """The bare name in a function's ARN."""
    return arn.split(":")[6]


def lookup(call: ApiCall, arn: str) -> Any:
    """moto's function with an ARN. Raises InvalidParameterValueException "Function does not exist"."""
    from moto.awslambda.exceptions import LambdaClientError
    from moto.awslambda.models import lambda_backends

    name, _, qualifier = arn.split(":function:")[1].partition(":")
    try:
        return lambda_backends[call.account][call.region].get_function(name, qualifier or None)
    except (LambdaClientError, KeyError):
        raise parameter("Function does not exist") from None
