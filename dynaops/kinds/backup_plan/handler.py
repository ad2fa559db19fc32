"""The handler of AWS Backup: a table's vault, service role, plan, and its selection in the plan."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dynaops.kinds.backup_plan import findings, observe
from dynaops.kinds.backup_plan import operations as backup_operations
from dynaops.kinds.backup_plan.billing import BILLING
from dynaops.kinds.backup_plan.declare import declared
from dynaops.kinds.backup_plan.export import exported
from dynaops.kinds.backup_plan.mapping import (
    OWN_ROLE,
    PLAN,
    RETIRED,
    ROLE,
    SELECTION,
    VAULT,
    covers_tables,
    shortened,
)
from dynaops.kinds.backup_plan.permissions import PERMISSIONS
from dynaops.kinds.backup_plan.recorded import RecordedPlan, RecordedRole, RecordedSelection, RecordedVault
from dynaops.kinds.backup_plan.resolve import resolved
from dynaops.kinds.external_names import AwsName, ExternalName, iam_role, kms_key
from dynaops.kinds.kind import AddressDiff, AwsReader, BaseHandler, Known, Rank, Step, TableChanges
from dynaops.kinds.property_rules import PropertyRules
from dynaops.model.change import Action
from dynaops.model.finding import Finding
from dynaops.model.resource import Observed, Properties, Resource, Scope
from dynaops.model.state import Record

if TYPE_CHECKING:
    from dynaops.kinds import TableSpec


class BackupHandler(BaseHandler):
    """Nothing of it is part of the table: recovery points outlive tables, and several tables may share the rest."""

    billing = BILLING
    permissions = PERMISSIONS
    kinds: Mapping[str, PropertyRules] = {
        VAULT: PropertyRules(
            title="backup vault",
            spec_key="backup.vault",
            shared="name",
            immutable=frozenset({"name", "kms_key_arn"}),
            kept=frozenset({"kms_key_arn"}),
            silent=frozenset({"kms_key_arn"}),
            replacement="AWS Backup can neither rename a vault nor change its key",
            recorded=RecordedVault,
            tags=backup_operations.VAULT_TAGS,
            address="backup/vault",
            arn=r"backup:[^:]+:\d{12}:backup-vault:.+",
        ),
        ROLE: PropertyRules(
            title="service role",
            spec_key="backup.role",
            shared="name",
            keyed=frozenset({"policies"}),
            recorded=RecordedRole,
            tags=backup_operations.ROLE_TAGS,
            unmarked="use",
            address="backup/role",
            arn=r"iam::\d{12}:role/.+",
        ),
        PLAN: PropertyRules(
            title="backup plan",
            spec_key="backup.plan",
            shared="name",
            notes={
                "rules": "recovery points that are there already are kept as long as they were made to be"
            },
            recorded=RecordedPlan,
            tags=backup_operations.PLAN_TAGS,
            address="backup/(retired_)?plan",
            arn=r"backup:[^:]+:\d{12}:backup-plan:.+",
            identity=r"[\w-]+",
        ),
        SELECTION: PropertyRules(
            title="backup selection",
            spec_key="backup.selection",
            shared="plan",
            immutable=frozenset({"role_arn", "resources", "tags", "plan", "other"}),
            satisfied={
                "name": lambda wanted, live: True,  # noqa: ARG005 (an adopted one keeps its name)
                "resources": covers_tables,
            },
            replacement="AWS Backup cannot change a selection",
            recorded=RecordedSelection,
            address="backup/(retired_)?selection",
            minted=frozenset({"plan_id"}),
            identity=r"[\w-]+",
        ),
    }
    beside_table = False

    def owner(self, scope: Scope, address: str) -> str | None:
        return None

    def declare(self, scope: Scope, spec: TableSpec) -> Iterator[Resource]:
        return declared(scope, spec)

    def observe(
        self,
        read: AwsReader,
        scope: Scope,
        table: Observed | None,
        known: Known,
    ) -> Iterable[Observed]:
        return observe.observed(read, scope, known)

    def resolve(
        self, read: AwsReader | None, scope: Scope, entries: Sequence[AddressDiff]
    ) -> dict[str, AddressDiff]:
        return resolved(read, scope, entries)

    def refine(self, work: TableChanges) -> Mapping[str, AddressDiff]:
        """What is kept: a vault with recovery points or still in use, and what others have put something into."""
        result = {}
        for entry in work.of_kind(SELECTION):
            if entry.action is Action.DELETE and _is_of_anothers_plan(work, entry):
                result[entry.address] = replace(entry, change=None, let_go=True)
        for entry in (*work.of_kind(VAULT), *work.of_kind(ROLE), *work.of_kind(PLAN)):
            if entry.action is Action.DELETE and _stays(work, entry):
                result[entry.address] = replace(entry, change=None, let_go=True)
            elif entry.kind == VAULT and entry.change and _leaves_old(entry):
                made = entry.change.model_copy(update={"action": Action.CREATE, "before": None})
                result[entry.address] = replace(entry, change=made)
        return result

    def findings(self, work: TableChanges) -> Iterator[Finding]:
        return findings.check(work)

    def outputs(self, scope: Scope, records: Mapping[str, Record]) -> Properties:
        """Ids, ARNs and (a vault has no id) names, and the role that makes the backups."""
        result: Properties = {}
        for part in ("vault", "plan", "selection"):
            record = records.get(scope.below("backup", part))
            if record is not None:
                result[f"{part}_name"] = record.properties.get("name")
                result |= {f"{part}_arn": record.arn, f"{part}_id": record.id}
                result |= {
                    name: record.properties[name] for name in ("role_arn",) if name in record.properties
                }
        result = {name: value for name, value in result.items() if value is not None}
        return {"backup": result} if result else {}

    def external_names(self, scope: Scope, resource: Resource) -> Iterator[ExternalName]:
        """Vaults that rules name, the role that makes the backups, the vault's key."""
        yield from kms_key(resource.properties.get("kms_key_arn"), resource.region)
        if resource.kind == PLAN:
            rules = resource.properties.get("rules", {}).values()
            for name in sorted({rule["vault"] for rule in rules}):
                yield self._vault(name, "keeps backups in", AwsName("backup", resource.region, name))
            for arn in sorted({copy["vault_arn"] for rule in rules for copy in rule.get("copy_to", ())}):
                region, name = arn.split(":")[3], arn.rpartition(":")[2]
                where = AwsName("backup", region, name)
                yield self._vault(f"{name} in {region}", "copies backups to", where)
        role = str(resource.properties.get("role_arn", ""))
        if role.startswith("arn:"):
            yield iam_role(role, resource.region, "works as", ROLE)

    def _vault(self, name: str, label: str, where: AwsName) -> ExternalName:
        return ExternalName(VAULT, name, label, self.kinds[VAULT].title, aws=where)

    def tag_target(self, scope: Scope, entry: AddressDiff) -> str:
        if entry.kind == ROLE and entry.live:
            return str(entry.live.properties["name"])
        return super().tag_target(scope, entry)

    def aws_names(self, scope: Scope, entry: AddressDiff) -> tuple[str, ...]:
        if entry.kind == SELECTION and entry.live:
            return (backup_operations.selection_name(entry.live.outputs),)
        return super().aws_names(scope, entry)

    def is_named_by_us(self, scope: Scope, entry: AddressDiff, name: str) -> bool:
        """By the mark of what made it, by the name that only dynaops gives, or (a selection) by what it selects."""
        if entry.live is None:
            return False
        live = entry.live
        if entry.kind == ROLE:
            return bool(live.properties["name"] == OWN_ROLE)
        if entry.kind == SELECTION:
            if "tags" in live.properties:
                return bool(live.raw.get("made_here"))
            arns = [str(resource) for resource in live.properties["resources"]]
            ours = f":table/{scope.table_name}"
            return len(arns) == 1 and arns[0].endswith(ours) and scope.table_name == scope.address
        if entry.kind == PLAN:
            default = shortened(scope.table_name, "-backup")
            return bool(live.raw.get("made_here")) or live.properties["name"] == default
        vault = name.rpartition(":")[2]
        default = shortened(scope.table_name.replace(".", "-"), "-backup")
        return vault == default or vault in live.raw.get("made_here", ())

    def operations(self, work: TableChanges) -> list[Step]:
        return [
            *(step for entry in work.of_kind(SELECTION) for step in _selection_steps(work, entry)),
            *(step for entry in work.of_kind(PLAN) for step in _plan_steps(work, entry)),
            *(step for entry in work.of_kind(VAULT) for step in _vault_steps(work, entry)),
            *(step for entry in work.of_kind(ROLE) for step in _role_steps(entry)),
        ]

    def export(self, scope: Scope, live: Sequence[Observed]) -> dict[str, Any]:
        return exported(scope, live)


def _stays(work: TableChanges, entry: AddressDiff) -> bool:
    if entry.kind == ROLE:
        return bool(findings.foreign_policies(entry))
    if entry.kind == PLAN:
        return bool(findings.foreign_selections(entry))
    name = entry.live.properties["name"] if entry.live else None
    rules = [
        rule
        for plan in work.of_kind(PLAN)
        if plan.desired
        for rule in plan.desired.properties["rules"].values()
    ]
    return bool(findings.points(entry)) or any(rule["vault"] == name for rule in rules)


def _is_of_anothers_plan(work: TableChanges, entry: AddressDiff) -> bool:
    """Whether it selects by tag for a plan that stays because another state has marked it."""
    retired = entry.address == work.scope.below("backup", RETIRED["selection"])
    plan = work.entries.get(work.scope.below("backup", RETIRED["plan"] if retired else "plan"))
    by_tag = entry.live is not None and "tags" in entry.live.properties
    return by_tag and plan is not None and plan.let_go


def _leaves_old(entry: AddressDiff) -> bool:
    """A vault of another name takes the place of one that must stay."""
    renamed = entry.difference("name") is not None
    return entry.action is Action.REPLACE and renamed and bool(findings.points(entry))


def _selection_steps(work: TableChanges, entry: AddressDiff) -> Iterator[Step]:
    if entry.action in (Action.DELETE, Action.REPLACE) and entry.live:
        retired = entry.address == work.scope.below("backup", RETIRED["selection"])
        yield backup_operations.delete_selection(
            work, entry, Rank.VAULT_RETIRE if retired else Rank.RELEASE_SELECTIONS
        )
    if entry.action in (Action.CREATE, Action.REPLACE):
        role = work.entries.get(work.scope.below("backup", "role"))
        plan = work.entries[work.scope.below("backup", "plan")]
        yield backup_operations.create_selection(
            work, entry, plan, bool(role and role.action is Action.CREATE)
        )


def _plan_steps(work: TableChanges, entry: AddressDiff) -> Iterator[Step]:
    if entry.action is Action.DELETE:
        retired = entry.address == work.scope.below("backup", RETIRED["plan"])
        yield backup_operations.delete_plan(entry, Rank.VAULT_RETIRE if retired else Rank.CLEAN_UP)
    elif entry.action is Action.CREATE:
        yield backup_operations.create_plan(work, entry)
    elif entry.change and entry.change.differences:
        yield backup_operations.change_plan(entry)


def _vault_steps(work: TableChanges, entry: AddressDiff) -> Iterator[Step]:
    """A vault of another name is made before the old one goes, so that the plan always has one."""
    old = str(entry.live.properties["name"]) if entry.live else ""
    renamed = entry.difference("name") is not None
    planned = any(plan.desired for plan in work.of_kind(PLAN))
    if entry.action is Action.DELETE:
        rank = Rank.VAULT_RETIRE if planned else Rank.CLEAN_UP
        yield backup_operations.delete_vault(entry, old, rank, forget=True)
    if entry.action is Action.REPLACE and not renamed:
        yield backup_operations.delete_vault(entry, old, Rank.CLEAN_UP, forget=True)
    if entry.action in (Action.CREATE, Action.REPLACE):
        retired = old if renamed and entry.action is Action.REPLACE else None
        yield backup_operations.create_vault(work, entry, retired)
        if retired:
            yield backup_operations.delete_vault(entry, retired, Rank.VAULT_RETIRE, unset=("retired",))
    left = entry.difference("retired")
    if entry.action is Action.UPDATE and left is not None:
        yield backup_operations.delete_vault(entry, str(left.before), Rank.VAULT_RETIRE, unset=("retired",))


def _role_steps(entry: AddressDiff) -> Iterator[Step]:
    if entry.action is Action.DELETE:
        yield from backup_operations.delete_role(entry)
    elif entry.action is Action.CREATE:
        yield from backup_operations.create_role(entry)
    elif entry.change is not None:
        yield from backup_operations.change_role(entry)


HANDLER = BackupHandler()
