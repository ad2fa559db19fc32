"""The role that a pipe works as: its name, who may use it, and the least permissions that the pipe needs."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from dynaops.kinds.pipes import targets
from dynaops.kinds.policy_document import canonical
from dynaops.model.arns import arn, iam_arn, parse

if TYPE_CHECKING:
    from dynaops.kinds.pipes import Pipe

POLICY_NAME = "dynaops-pipe"
"""The name of the role's one inline policy."""
STREAM_ARN = "${stream_arn}"
"""What stands for the stream's ARN in a policy until it is known."""
_NAME_LIMIT = 64
_READ_STREAM = ("dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator")


def role_name(region: str, pipe: str) -> str:
    """The name of the role that is made for a pipe. Pipes' names are one a region, roles' one an account."""
    name = f"dynaops-pipe-{region}-{pipe}"
    if len(name) <= _NAME_LIMIT:
        return name
    return f"{name[: _NAME_LIMIT - 9]}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def role_arn(account: str, region: str, pipe: str) -> str:
    """The ARN of the role that is made for a pipe, also before it exists."""
    return iam_arn(region, account, f"role/{role_name(region, pipe)}")


def pipe_arn(account: str, region: str, pipe: str) -> str:
    """The ARN of a pipe, also before it exists."""
    return arn("pipes", region, account, f"pipe/{pipe}")


def trust(account: str | None, region: str, pipe: str) -> dict[str, Any]:
    """EventBridge may use the role for this pipe alone (User Guide, cross-service confused deputy prevention).

    Without the account's id, a pipe of that name of any account is meant until the id is known.
    """
    source = pipe_arn(account or "*", region, pipe)
    statement: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": {"Service": "pipes.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    if account is None:
        statement["Condition"] = {"ArnLike": {"aws:SourceArn": source}}
    else:
        statement["Condition"] = {
            "StringEquals": {"aws:SourceAccount": account, "aws:SourceArn": source},
        }
    return canonical({"Statement": [statement]})


def permissions(pipe: Pipe, table_key: str | None) -> dict[str, Any]:
    """The policy of a pipe's role. `table_key` is the table's customer managed key, which also encrypts its stream."""
    statements = [
        _allow("ReadStream", _READ_STREAM, STREAM_ARN),
        # AWS has no finer resource for ListStreams.
        _allow("FindStreams", ("dynamodb:ListStreams",), "*"),
        _call("SendToTarget", targets.TARGETS, pipe.target_arn, pipe.invocation_type),
        _call("Enrich", targets.ENRICHMENTS, pipe.enrichment_arn),
        _call("SendDeadLetters", targets.DEAD_LETTERS, pipe.dead_letter_arn),
        _table_key(table_key),
        _pipe_key(pipe.kms_key_arn),
    ]
    return canonical({"Statement": [statement for statement in statements if statement]})


def _call(
    sid: str, kinds: tuple[targets.PipeTarget, ...], called: str | None, invocation: str | None = None
) -> dict[str, Any] | None:
    kind = targets.find(kinds, called) if called else None
    if kind is None:
        return None
    actions = kind.actions
    if kind.service == "states" and invocation == "REQUEST_RESPONSE":
        actions = ("states:StartSyncExecution",)
    return _allow(sid, actions, f"{called}{kind.suffix}")


def _table_key(key: str | None) -> dict[str, Any] | None:
    parsed = parse(key)
    if parsed is None or not parsed.resource.startswith("key/"):
        return None
    statement = _allow("UseTableKey", ("kms:Decrypt",), str(key))
    via = f"dynamodb.{parsed.region}.amazonaws.com"
    return {**statement, "Condition": {"StringEquals": {"kms:ViaService": via}}}


def _pipe_key(key: str | None) -> dict[str, Any] | None:
    return (
        _allow("UsePipeKey", ("kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"), key) if key else None
    )


def _allow(sid: str, actions: tuple[str, ...], resource: str) -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Allow", "Action": list(actions), "Resource": [resource]}
