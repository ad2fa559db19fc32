"""IAM policies as the state records them."""

from __future__ import annotations

from typing import Literal

from dynaops.model.recorded import ABSENT, Name, PolicyDocument, Recorded


class RecordedIamPolicy(Recorded):
    """A managed policy as the state records it; `roles` are those that it was attached to."""

    name: Name
    path: Name
    document: PolicyDocument = ABSENT
    roles: dict[Name, Literal[True]] = ABSENT
