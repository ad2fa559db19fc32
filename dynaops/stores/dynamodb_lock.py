"""Storage of a lock's note as an item of a DynamoDB table, which may hold the locks of many states.

The table's hash key is LockID, a string, as in the lock tables of other tools: one table can serve both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dynaops.aws.errors import AwsRefusal, ResponseLost
from dynaops.model.errors import DynaopsError
from dynaops.stores.base import StateError

if TYPE_CHECKING:
    from dynaops.aws.session import Aws

_LOST_ATTEMPTS = 3
_KEY, _NOTE = "LockID", "Info"


class LockItem:
    """The note in `table` with the key `name` (the state's bucket and key). Its tag is its whole text."""

    def __init__(self, aws: Aws, region: str, table: str, name: str) -> None:
        self._aws = aws
        self._region = region
        self._table = table
        self._name = name

    def read(self) -> tuple[bytes, str] | None:
        """The note; see lease.LockLocation."""
        response = self._call("GetItem", Key=self._key, ConsistentRead=True)
        item = (response or {}).get("Item")
        if item is None:
            return None
        text = str(item.get(_NOTE, {}).get("S", ""))
        return text.encode(), text

    def write(self, note: bytes, tag: str | None) -> str | None:
        """Write the note; see lease.LockLocation."""
        text = note.decode()
        item = {**self._key, _NOTE: {"S": text}}
        if self._call("PutItem", Item=item, **self._condition(tag)) is not None:
            return text
        current = self.read()  # if a response was lost, the existing item may be our own
        return text if current and current[1] == text else None

    def remove(self, tag: str) -> bool:
        """Remove the note; see lease.LockLocation."""
        return self._call("DeleteItem", Key=self._key, **self._condition(tag)) is not None

    @property
    def _key(self) -> dict[str, Any]:
        return {_KEY: {"S": self._name}}

    def _condition(self, tag: str | None) -> dict[str, Any]:
        if tag is None:
            return {"ConditionExpression": f"attribute_not_exists({_KEY})"}
        if not tag:  # an item of another tool has no note to compare
            return {"ConditionExpression": f"attribute_exists({_KEY})"}
        return {
            "ConditionExpression": f"{_NOTE} = :note",
            "ExpressionAttributeValues": {":note": {"S": tag}},
        }

    def _call(self, api: str, **request: Any) -> dict[str, Any] | None:
        """The response; None if the condition does not hold. After a lost response, the call is repeated."""
        parameters = {"TableName": self._table, **request}
        lost = 0
        try:
            while lost < _LOST_ATTEMPTS - 1:
                try:
                    return self._aws.call("dynamodb", api, self._region, parameters)
                except ResponseLost:
                    lost += 1
            return self._aws.call("dynamodb", api, self._region, parameters)
        except AwsRefusal as error:
            if error.code == "ConditionalCheckFailedException":
                is_removed = (
                    lost and api == "DeleteItem" and self.read() is None
                )  # the request whose response was lost removed it
                return {} if is_removed else None
            if error.code == "ResourceNotFoundException":
                raise StateError(
                    f"There is no lock table {self._table} in {self._region}.",
                    f"Correct lock_table in --state, or make the table: its hash key is {_KEY}, a string.",
                ) from error
            raise StateError(
                f"Cannot use the lock table {self._table}: {error.message}", error.hint
            ) from error
        except DynaopsError as error:
            raise StateError(
                f"Cannot use the lock table {self._table}: {error.message}", error.hint
            ) from error
