"""Event source mappings of DynamoDB streams. Times are virtual epoch seconds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from dynaops.model.arns import partition_of


@dataclass
class Mapping:
    """One mapping. `settings` are the members that can be updated, as AWS shows them.

    `enabled` is the requested setting, `state` the mapping's present state.
    """

    uuid: str
    account: str
    region: str
    source: str
    function: str
    position: str
    settings: dict[str, Any]
    enabled: bool
    state: str
    modified: float
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def arn(self) -> str:
        return f"arn:{partition_of(self.region)}:lambda:{self.region}:{self.account}:event-source-mapping:{self.uuid}"

    @property
    def settled(self) -> bool:
        return self.state in ("Enabled", "Disabled")


@dataclass
class Mappings:
    """The mappings of an account in a region, by UUID, oldest first."""

    by_uuid: dict[str, Mapping] = field(default_factory=dict)
