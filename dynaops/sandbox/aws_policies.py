"""The managed policies of AWS in IAM: each is loaded when a call first names it.

moto can load all thousand of them at once, which takes longer than most tests.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from dynaops.sandbox.dispatch import PASS, ApiCall, operation
from dynaops.sandbox.iam_backend import iam_backend


@operation("iam", "GetPolicy")
def get_policy(call: ApiCall) -> dict[str, Any]:
    load_named_policy(call)
    return PASS


@operation("iam", "GetPolicyVersion")
def get_policy_version(call: ApiCall) -> dict[str, Any]:
    load_named_policy(call)
    return PASS


def load_named_policy(call: ApiCall) -> None:
    """Load the policy that a call names by its PolicyArn, if it is an AWS managed policy."""
    arn = str(call.body.get("PolicyArn", ""))
    if ":iam::aws:policy/" not in arn:
        return
    from moto.iam.models import AWSManagedPolicy

    backend = iam_backend(call.account, call.region)
    if arn in backend.managed_policies:
        return
    name = arn.rpartition("/")[2]
    data = _all_policies().get(name)
    if data is None:
        return
    policy = AWSManagedPolicy.from_data(name, backend.account_id, call.region, data)
    if policy.arn == arn:
        backend.managed_policies[arn] = policy


@cache
def _all_policies() -> dict[str, Any]:
    import orjson
    from moto.iam.aws_managed_policies import aws_managed_policies_data

    policies: dict[str, Any] = orjson.loads(aws_managed_policies_data)
    return policies
