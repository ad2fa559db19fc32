"""How the three-way diff compares the properties of a kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from dynaops.model.recorded import Recorded
from dynaops.model.resource import Properties

if TYPE_CHECKING:
    from dynaops.kinds.tags import TagCalls

Satisfied = Callable[[Any, Any], bool]
"""Does the live value (second) satisfy the desired one (first)?"""


@dataclass(frozen=True)
class PropertyRules:
    """How the properties of a kind are compared.

    `immutable` ones force replacement. `keyed` ones are maps owned member by member: what others put into them is
    not ours. `satisfied` holds comparisons that are looser than equality (with a dotted ``map.*`` for the members of a
    keyed map). `kept` ones are simply forgotten when the spec no longer names them, since AWS cannot take them back.
    `silent` ones AWS always shows, so they are not worth a mention when nobody manages them.
    `absent` is the normal form that equals "not there", for kinds that AWS always shows as off.
    `remembered` ones AWS knows nothing of: the state alone holds them, and recording them takes no call.
    `shared` is the property that tells whether two tables use the very same thing (a vault's name): what another table
    uses too is let go, never deleted, and what several tables want of it is one call. Without that property it is the
    table's own.
    `notes` explain a difference in a property, in words.
    """

    immutable: frozenset[str] = frozenset()
    keyed: frozenset[str] = frozenset()
    satisfied: Mapping[str, Satisfied] = field(default_factory=dict)
    kept: frozenset[str] = frozenset()
    silent: frozenset[str] = frozenset()
    absent: Properties | None = None
    remembered: frozenset[str] = frozenset()
    shared: str = ""
    notes: Mapping[str, str] = field(default_factory=dict)
    title: str = ""
    """What the kind is called in sentences ("global secondary index")."""
    spec_key: str = ""
    """Where the kind stands in the spec, for `lifecycle.ignore_changes`; ``{name}`` is the address's last segment."""
    replacement: str = "it can only be replaced"
    """Why an immutable property forces replacement, for the reason sentence."""
    recorded: type[Recorded] = Recorded
    """What the state may say of the kind's properties. What an apply that was cut off leaves out must be optional."""
    address: str = ""
    """Pattern of the kind's addresses, below that of their table."""
    arn: str = ""
    """Pattern of what follows ``arn:PARTITION:`` in the kind's ARNs; empty: it has none of its own."""
    minted: frozenset[str] = frozenset()
    """Outputs that every record of the kind has."""
    identity: str = ""
    """Pattern of the kind's ids; empty: it has none."""
    tags: TagCalls | None = None
    """How AWS keeps the kind's tags; None: it has none, and who owns the table owns it."""
    unmarked: Literal["consent", "adopt", "use"] = "consent"
    """What becomes of a live one that no state has marked and this one does not record: it is taken over with consent,
    taken over with a word, or used as it is and left alone."""
