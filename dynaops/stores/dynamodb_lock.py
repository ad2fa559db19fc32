"""A lock's note as an item of a DynamoDB table, for those who keep all their locks in one.

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
    """The note under `name` (the state's bucket and key) in `table`. Its tag is its whole text."""

    def __init__(self, aws: Aws, region: str, table: str, name: str) -> None:
        self._aws = aws
        self._region = region
        self._table = table
        self._name = name

    def read(self) -> tuple[bytes, str] | None:
        """The note; see lease.Place."""
        answer = self._call("GetItem", Key=self._key, ConsistentRead=True)
        item = (answer or {}).get("Item")
        if item is None:
            return None
        text = str(item.get(_NOTE, {}).get("S", ""))
        return text.encode(), text

    def write(self, note: bytes, tag: str | None) -> str | None:
        """Puts the note there; see lease.Place."""
        text = note.decode()
        item = {**self._key, _NOTE: {"S": text}}
        if self._call("PutItem", Item=item, **self._condition(tag)) is not None:
            return text
        found = self.read()  # where an answer was lost, the item that stands in the way is our own
        return text if found and found[1] == text else None

    def remove(self, tag: str) -> bool:
        """Takes the note away; see lease.Place."""
        return self._call("DeleteItem", Key=self._key, **self._condition(tag)) is not None

    @property
    def _key(self) -> dict[str, Any]:
        return {_KEY: {"S": self._name}}

    def _condition(self, tag: str | None) -> dict[str, Any]:
        if tag is None:
            return {"ConditionExpression": f"attribute_not_exists({_KEY})"}
        if not tag:  # an item of another tool, which says nothing that could be compared
            return {"ConditionExpression": f"attribute_exists({_KEY})"}
        return {
            "ConditionExpression": f"{_NOTE} = :note",
            "ExpressionAttributeValues": {":note": {"S": tag}},
        }

    def _call(self, api: str, **request: Any) -> dict[str, Any] | None:
        """The answer; None where the condition does not hold. A lost answer is asked for again."""
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
                gone = lost and api == "DeleteItem" and self.read() is None  # the lost request took it away
                return {} if gone else None
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
