"""The calls of IAM."""

from __future__ import annotations

from collections.abc import Iterable

from dynaops.access.rules import Body, CallLocation, ServiceRules, TagsAtCreation
from dynaops.model.arns import iam_arn


def _resources(api: str, location: CallLocation, body: Body) -> Iterable[str]:
    def own(kind: str, name: object) -> str:
        return iam_arn(location.region, location.account, f"{kind}{body.get('Path') or '/'}{name}")

    if body.get("RoleName"):
        has_path = body.get("Path") is not None or api == "CreateRole"
        return (
            own("role", body["RoleName"])
            if has_path
            else iam_arn(location.region, location.account, f"role/*{body['RoleName']}"),
        )
    if body.get("PolicyArn"):
        return (str(body["PolicyArn"]),)
    return (own("policy", body["PolicyName"]) if body.get("PolicyName") else "*",)


RULES = ServiceRules(
    resources=_resources,
    tagged={
        "CreatePolicy": TagsAtCreation("Tags", "iam:TagPolicy"),
        "CreateRole": TagsAtCreation("Tags", "iam:TagRole"),
    },
)
