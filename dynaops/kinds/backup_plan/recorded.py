"""The backup's vault, role, plan and selection as the state records them."""

from __future__ import annotations

from typing import Any, Literal

from dynaops.model.recorded import ABSENT, Arn, Name, PolicyDocument, Recorded, Units


class RecordedVault(Recorded):
    """`retired` is a vault whose place it took, and that is still to be deleted."""

    name: Name
    kms_key_arn: Name = ABSENT
    retired: Name = ABSENT


class RecordedRole(Recorded):
    """`policies` are the ARNs that were attached."""

    name: Name
    trust: PolicyDocument = ABSENT
    policies: dict[Arn, Literal[True]] = ABSENT


class RecordedCopy(Recorded):
    """A copy of a rule."""

    vault_arn: Arn
    delete_after_days: Units = ABSENT
    cold_storage_after_days: Units = ABSENT


class RecordedRule(Recorded):
    """A rule of the plan. `other` is what a spec cannot say."""

    vault: Name
    schedule: str
    timezone: str = ABSENT
    start_window: Units = ABSENT
    completion_window: Units = ABSENT
    continuous: bool = ABSENT
    delete_after_days: Units = ABSENT
    cold_storage_after_days: Units = ABSENT
    copy_to: list[RecordedCopy] = ABSENT
    other: dict[str, Any] = ABSENT


class RecordedPlan(Recorded):
    """`rules` by name; `settings` are AWS's AdvancedBackupSettings."""

    name: Name
    rules: dict[str, RecordedRule] = ABSENT
    settings: list[Any] = ABSENT


class RecordedSelection(Recorded):
    """`tags` are those by which tables are selected, in `plan`; `other` is what a spec cannot say."""

    name: Name
    role_arn: Arn
    resources: list[str]
    tags: dict[str, str] = ABSENT
    plan: Name = ABSENT
    other: dict[str, Any] = ABSENT
