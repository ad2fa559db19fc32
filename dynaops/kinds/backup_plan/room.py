"""The room of AWS Backup: a table's vault, service role, plan, and its selection in the plan."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dynaops.kinds.backup_plan import calls, findings, looking
from dynaops.kinds.backup_plan.recorded import RecordedPlan, RecordedRole, RecordedSelection, RecordedVault
from dynaops.kinds.backup_plan.shape import (
    AWS_ROLE,
    OWN_ROLE,
    PLAN,
    ROLE,
    SELECTION,
    TRUST,
    VAULT,
    plan_name,
    role_arn,
    role_policies,
    role_region,
    shortened,
    vault_arn,
    vault_name,
    wanted_rules,
)
from dynaops.kinds.kind import BaseRoom, Entry, Known, Link, Policy, Rank, Reader, Step, Work, key_link
from dynaops.kinds.late import late, reference
from dynaops.model.change import Action
from dynaops.model.finding import Finding
from dynaops.model.resource import Observed, Properties, Resource, Scope
from dynaops.model.state import Record

if TYPE_CHECKING:
    from dynaops.kinds import TableSpec


class BackupRoom(BaseRoom):
    """Nothing of it is part of the table: recovery points outlive tables, and several tables may share the rest."""

    kinds: Mapping[str, Policy] = {
        VAULT: Policy(
            title="backup vault",
            spec_key="backup.vault",
            shared="name",
            immutable=frozenset({"name", "kms_key_arn"}),
            kept=frozenset({"kms_key_arn"}),
            silent=frozenset({"kms_key_arn"}),
            replacement="AWS Backup can neither rename a vault nor change its key",
            recorded=RecordedVault,
            tags=calls.VAULT_TAGS,
            address="backup/vault",
            arn=r"backup:[^:]+:\d{12}:backup-vault:.+",
        ),
        ROLE: Policy(
            title="service role",
            spec_key="backup.role",
            shared="name",
            keyed=frozenset({"policies"}),
            recorded=RecordedRole,
            tags=calls.ROLE_TAGS,
            unmarked="use",
            address="backup/role",
            arn=r"iam::\d{12}:role/.+",
        ),
        PLAN: Policy(
            title="backup plan",
            spec_key="backup.plan",
            shared="name",
            notes={
                "rules": "recovery points that are there already are kept as long as they were made to be"
            },
            recorded=RecordedPlan,
            tags=calls.PLAN_TAGS,
            address="backup/plan",
            arn=r"backup:[^:]+:\d{12}:backup-plan:.+",
            identity=r"[\w-]+",
        ),
        SELECTION: Policy(
            title="backup selection",
            spec_key="backup.selection",
            immutable=frozenset({"role_arn", "resources", "other"}),
            satisfied={"name": lambda wanted, live: True},  # noqa: ARG005 (an adopted one keeps its name)
            replacement="AWS Backup cannot change a selection",
            recorded=RecordedSelection,
            address="backup/selection",
            minted=frozenset({"plan_id"}),
            identity=r"[\w-]+",
        ),
    }
    beside_table = False

    def owner(self, scope: Scope, address: str) -> str | None:  # noqa: ARG002
        return None

    def declare(self, scope: Scope, spec: TableSpec) -> Iterator[Resource]:
        block = spec.backup
        if block is None:
            return
        vault, role, plan, selection = (
            scope.below("backup", part) for part in ("vault", "role", "plan", "selection")
        )
        made = block.vault is None or block.vault.create
        name = vault_name(block, scope.table_name)
        if made:
            key = block.vault.kms_key_arn if block.vault else None
            wanted: Properties = {"name": name, **({"kms_key_arn": key} if key else {})}
            yield Resource(vault, VAULT, scope.region, wanted)
        if block.role_arn is None:
            policies = role_policies(scope.region)
            wanted = {"name": OWN_ROLE, "trust": TRUST, "policies": policies}
            yield Resource(role, ROLE, role_region(scope.region), wanted)
        yield Resource(
            plan,
            PLAN,
            scope.region,
            {"name": plan_name(block, scope.table_name), "rules": wanted_rules(block, name)},
            depends_on=(vault,),
            options={} if made else {"vault": name},
        )
        yield Resource(
            selection,
            SELECTION,
            scope.region,
            {
                "name": shortened(scope.table_name),
                "role_arn": block.role_arn or reference(role, "arn"),
                "resources": [reference(scope.address, "arn")],
                "other": {},
            },
            depends_on=(scope.address, plan, role),
        )

    def observe(
        self,
        read: Reader,
        scope: Scope,
        table: Observed | None,  # noqa: ARG002
        known: Known,
    ) -> Iterable[Observed]:
        return looking.observed(read, scope, known)

    def resolve(self, read: Reader | None, scope: Scope, entries: Sequence[Entry]) -> dict[str, Entry]:
        """ARNs filled in; the account's own service role in place of one of ours; what findings must know."""
        by_address = {entry.address: entry for entry in entries}
        found: dict[str, Entry] = {}
        for part, resolved in (
            ("vault", _vault),
            ("role", _role),
            ("plan", _plan),
            ("selection", _selection),
        ):
            address = scope.below("backup", part)
            entry = by_address.get(address)
            if entry is not None and entry.desired is not None:
                by_address[address] = found[address] = resolved(read, scope, entry, entry.desired, by_address)
        return found

    def refine(self, work: Work) -> Mapping[str, Entry]:
        """What is kept: a vault with recovery points or still in use, and what others have put something into."""
        found = {}
        for entry in (*work.of_kind(VAULT), *work.of_kind(ROLE), *work.of_kind(PLAN)):
            if entry.action is Action.DELETE and _stays(work, entry):
                found[entry.address] = replace(entry, change=None, let_go=True)
            elif entry.kind == VAULT and entry.change and _leaves_old(entry):
                made = entry.change.model_copy(update={"action": Action.CREATE, "before": None})
                found[entry.address] = replace(entry, change=made)
        return found

    def findings(self, work: Work) -> Iterator[Finding]:
        return findings.check(work)

    def outputs(self, scope: Scope, records: Mapping[str, Record]) -> Properties:
        """Ids, ARNs and (a vault has no id) names, and the role that makes the backups."""
        found: Properties = {}
        for part in ("vault", "plan", "selection"):
            record = records.get(scope.below("backup", part))
            if record is not None:
                found[f"{part}_name"] = record.properties.get("name")
                found |= {f"{part}_arn": record.arn, f"{part}_id": record.id}
                found |= {
                    name: record.properties[name] for name in ("role_arn",) if name in record.properties
                }
        found = {name: value for name, value in found.items() if value is not None}
        return {"backup": found} if found else {}

    def links(self, scope: Scope, one: Resource) -> Iterator[Link]:  # noqa: ARG002
        """Vaults that rules name, the role that makes the backups, the vault's key."""
        yield from key_link(one.properties.get("kms_key_arn"))
        if one.kind == PLAN:
            rules = one.properties.get("rules", {}).values()
            for name in sorted({rule["vault"] for rule in rules}):
                yield Link(VAULT, name, "keeps backups in", self.kinds[VAULT].title)
            for arn in sorted({copy["vault_arn"] for rule in rules for copy in rule.get("copy_to", ())}):
                name = f"{arn.rpartition(':')[2]} in {arn.split(':')[3]}"
                yield Link(VAULT, name, "copies backups to", self.kinds[VAULT].title)
        role = str(one.properties.get("role_arn", ""))
        if role.startswith("arn:"):
            yield Link(ROLE, role.rpartition("/")[2], "works as", "IAM role")

    def tag_target(self, scope: Scope, entry: Entry) -> str:
        if entry.kind == ROLE and entry.live:
            return str(entry.live.properties["name"])
        return super().tag_target(scope, entry)

    def aws_names(self, scope: Scope, entry: Entry) -> tuple[str, ...]:
        if entry.kind == SELECTION and entry.live:
            return (calls.selection_name(entry.live.outputs),)
        return super().aws_names(scope, entry)

    def is_named_by_us(self, scope: Scope, entry: Entry, name: str) -> bool:
        """By the mark of what made it, by the name that only dynaops gives, or (a selection) by what it selects."""
        if entry.live is None:
            return False
        live = entry.live
        if entry.kind == ROLE:
            return bool(live.properties["name"] == OWN_ROLE)
        if entry.kind == SELECTION:
            arns = [str(one) for one in live.properties["resources"]]
            ours = f":table/{scope.table_name}"
            return len(arns) == 1 and arns[0].endswith(ours) and scope.table_name == scope.address
        if entry.kind == PLAN:
            default = shortened(scope.table_name, "-backup")
            return bool(live.raw.get("made_here")) or live.properties["name"] == default
        vault = name.rpartition(":")[2]
        default = shortened(scope.table_name.replace(".", "-"), "-backup")
        return vault == default or vault in live.raw.get("made_here", ())

    def operations(self, work: Work) -> list[Step]:
        return [
            *(step for entry in work.of_kind(SELECTION) for step in _selection_steps(work, entry)),
            *(step for entry in work.of_kind(PLAN) for step in _plan_steps(work, entry)),
            *(step for entry in work.of_kind(VAULT) for step in _vault_steps(work, entry)),
            *(step for entry in work.of_kind(ROLE) for step in _role_steps(entry)),
        ]

    def export(self, scope: Scope, live: Sequence[Observed]) -> dict[str, Any]:
        """The plan that covers this table, where a spec can say it; vault and role stay their owner's, if not ours."""
        by_address = {one.address: one.properties for one in live}
        plan = by_address.get(scope.below("backup", "plan"))
        selection = by_address.get(scope.below("backup", "selection"))
        if plan is None or selection is None:
            return {}
        vaults = {rule["vault"] for rule in plan["rules"].values()}
        rules = [_exported(name, rule) for name, rule in plan["rules"].items()]
        if len(vaults) != 1 or None in rules:
            return {}
        made = scope.below("backup", "vault") in by_address
        block: Properties = {
            "vault": {"name": vaults.pop(), **({} if made else {"create": False})},
            "plan": {"name": plan["name"], "rules": rules},
        }
        if scope.below("backup", "role") not in by_address:
            block["role_arn"] = selection["role_arn"]
        return {"backup": block}


def _exported(name: str, rule: Properties) -> Properties | None:
    """The rule as a spec says it; None where it cannot."""
    if rule["timezone"] != "Etc/UTC" or "other" in rule:
        return None
    return {"name": name, **{key: value for key, value in rule.items() if key not in ("vault", "timezone")}}


def _stays(work: Work, entry: Entry) -> bool:
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


def _leaves_old(entry: Entry) -> bool:
    """A vault of another name takes the place of one that must stay."""
    renamed = entry.difference("name") is not None
    return entry.action is Action.REPLACE and renamed and bool(findings.points(entry))


def _vault(
    read: Reader | None,
    scope: Scope,
    entry: Entry,
    desired: Resource,
    entries: Mapping[str, Entry],  # noqa: ARG001
) -> Entry:
    if read is None:
        return entry
    arn = vault_arn(read.account, scope.region, desired.properties["name"])
    return replace(entry, desired=replace(desired, options={"arn": arn}))


def _role(
    read: Reader | None, scope: Scope, entry: Entry, desired: Resource, entries: Mapping[str, Entry]
) -> Entry:
    """Ours, unless the account has AWS Backup's default role, and ours is not there."""
    if entry.record is not None or entry.live is not None:
        return entry
    if read is None:
        selected = entries.get(scope.below("backup", "selection"))
        return replace(entry, desired=None) if selected and selected.record else entry
    if looking.role(read, scope, AWS_ROLE) is not None:
        return replace(entry, desired=None)
    return replace(
        entry, desired=replace(desired, options={"arn": role_arn(read.account, scope.region, OWN_ROLE)})
    )


def _plan(
    read: Reader | None,
    scope: Scope,
    entry: Entry,
    desired: Resource,
    entries: Mapping[str, Entry],  # noqa: ARG001
) -> Entry:
    if read is None:
        return entry
    options: Properties = {"settings": looking.settings(read, scope)}
    existing = desired.options.get("vault")
    if existing and existing not in looking.vaults(read, scope):
        options["missing_vault"] = existing
    return replace(entry, desired=replace(desired, options=options))


def _selection(
    read: Reader | None, scope: Scope, entry: Entry, desired: Resource, entries: Mapping[str, Entry]
) -> Entry:
    wanted = desired.properties
    role = entries.get(scope.below("backup", "role"))
    arn = wanted["role_arn"]
    if role is not None and arn == reference(role.address, "arn"):
        arn = _arn_of_role(read, scope, role, entry) or arn
    properties = {**wanted, "role_arn": arn, "resources": [late(scope, entries, read)["table_arn"]]}
    return replace(entry, desired=replace(desired, properties=properties))


def _arn_of_role(read: Reader | None, scope: Scope, role: Entry, selection: Entry) -> str | None:
    if role.live is not None:
        return str(role.live.outputs["arn"])
    if read is None:
        return str(selection.record.properties["role_arn"]) if selection.record else None
    return role_arn(read.account, scope.region, OWN_ROLE if role.desired else AWS_ROLE)


def _selection_steps(work: Work, entry: Entry) -> Iterator[Step]:
    if entry.action in (Action.DELETE, Action.REPLACE) and entry.live:
        yield calls.delete_selection(work, entry)
    if entry.action in (Action.CREATE, Action.REPLACE):
        role = work.entries.get(work.scope.below("backup", "role"))
        plan = work.entries[work.scope.below("backup", "plan")]
        yield calls.create_selection(work, entry, plan, bool(role and role.action is Action.CREATE))


def _plan_steps(work: Work, entry: Entry) -> Iterator[Step]:
    if entry.action is Action.DELETE:
        yield calls.delete_plan(entry)
    elif entry.action is Action.CREATE:
        yield calls.create_plan(work, entry)
    elif entry.change and entry.change.differences:
        yield calls.change_plan(entry)


def _vault_steps(work: Work, entry: Entry) -> Iterator[Step]:
    """A vault of another name is made before the old one goes, so that the plan always has one."""
    old = str(entry.live.properties["name"]) if entry.live else ""
    renamed = entry.difference("name") is not None
    planned = any(plan.desired for plan in work.of_kind(PLAN))
    if entry.action is Action.DELETE:
        rank = Rank.VAULT_RETIRE if planned else Rank.LEAVINGS
        yield calls.delete_vault(entry, old, rank, forget=True)
    if entry.action is Action.REPLACE and not renamed:
        yield calls.delete_vault(entry, old, Rank.LEAVINGS, forget=True)
    if entry.action in (Action.CREATE, Action.REPLACE):
        retired = old if renamed and entry.action is Action.REPLACE else None
        yield calls.create_vault(work, entry, retired)
        if retired:
            yield calls.delete_vault(entry, retired, Rank.VAULT_RETIRE, unset=("retired",))
    left = entry.difference("retired")
    if entry.action is Action.UPDATE and left is not None:
        yield calls.delete_vault(entry, str(left.before), Rank.VAULT_RETIRE, unset=("retired",))


def _role_steps(entry: Entry) -> Iterator[Step]:
    if entry.action is Action.DELETE:
        yield from calls.delete_role(entry)
    elif entry.action is Action.CREATE:
        yield from calls.create_role(entry)
    elif entry.change is not None:
        yield from calls.change_role(entry)


ROOM = BackupRoom()
