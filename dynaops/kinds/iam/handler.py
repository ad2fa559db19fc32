"""The handler of policy: managed IAM policies of the table, their versions, and the roles they are attached to."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dynaops.aws.errors import AccessDenied
from dynaops.kinds.billing import NOT_BILLED
from dynaops.kinds.external_names import ExternalName, iam_role, lambda_function
from dynaops.kinds.iam import documents
from dynaops.kinds.iam.operations import attach, change, create, delete, detach, made_for
from dynaops.kinds.iam.permissions import PERMISSIONS
from dynaops.kinds.iam.recorded import RecordedIamPolicy
from dynaops.kinds.kind import AddressDiff, AwsReader, BaseHandler, Known, Rank, Step, TableChanges
from dynaops.kinds.policy_document import canonical, same
from dynaops.kinds.property_rules import PropertyRules
from dynaops.kinds.references import late
from dynaops.kinds.tags import TagCalls, tags_of
from dynaops.model.arns import iam_arn, parse, partition_of
from dynaops.model.change import Action
from dynaops.model.finding import Finding
from dynaops.model.findings.companions import DDB410, DDB420
from dynaops.model.findings.rule import make_finding
from dynaops.model.resource import Observed, Properties, Resource, Scope, nest
from dynaops.model.state import Record

if TYPE_CHECKING:
    from dynaops.kinds import TableSpec

KIND = "policy"
NAME_LIMIT = 128
PARTS = {
    "lambda_access": documents.lambda_access,
    "read_only": documents.read_only,
    "write_only": documents.write_only,
}


class IamPolicyHandler(BaseHandler):
    """Policies lean on the table, and outlive its replacement; only attachments made here are taken back."""

    billing = NOT_BILLED
    permissions = PERMISSIONS
    kinds: Mapping[str, PropertyRules] = {
        KIND: PropertyRules(
            title="IAM policy",
            spec_key="iam.{name}",
            immutable=frozenset({"name", "path"}),
            keyed=frozenset({"roles"}),
            satisfied={"document": same},
            replacement="IAM cannot rename or move a policy",
            notes={"document": "the new text becomes the policy's default version at once"},
            recorded=RecordedIamPolicy,
            tags=TagCalls(
                "iam",
                Rank.ATTACHMENT,
                target="PolicyArn",
                create="CreatePolicy",
                add="TagPolicy",
                remove="UntagPolicy",
                read="ListPolicyTags",
            ),
            address=rf"iam/({'|'.join(PARTS)}|custom/[^/]+)",
            arn=r"iam::(\d{12}|aws):policy/.+",
            identity=r"\w+",
        )
    }
    beside_table = False

    def owner(self, scope: Scope, address: str) -> str | None:
        return None

    def declare(self, scope: Scope, spec: TableSpec) -> Iterator[Resource]:
        granted = [element.function for element in spec.lambda_triggers or () if element.grant_role]
        for part, written in PARTS.items():
            access = getattr(spec.iam, part) if spec.iam else None
            grant = granted if part == "lambda_access" else []
            if (access and access.enabled) or grant:
                name = (access.name if access else None) or policy_name(scope, part)
                yield self._resource(scope, part, name, access, written(spec), grant)
        for custom in (spec.iam.custom if spec.iam else None) or ():
            indexes = [*(spec.global_secondary_indexes or ()), *(spec.local_secondary_indexes or ())]
            document = documents.custom(custom.statements, [element.name for element in indexes])
            yield self._resource(scope, f"custom/{custom.name}", custom.name, custom, document, [])

    def _resource(
        self, scope: Scope, part: str, name: str, access: Any, document: Properties, grant: list[str]
    ) -> Resource:
        roles = sorted(access.attach_to_roles or ()) if access else []
        wanted: Properties = {
            "name": name,
            "path": (access.path if access else None) or "/",
            "document": document,
        }
        if roles:
            wanted["roles"] = dict.fromkeys(roles, True)
        options = {"grant": grant} if grant else {}
        depends = (scope.address,)
        return Resource(scope.below("iam", part), KIND, scope.region, wanted, None, depends, options)

    def observe(
        self,
        read: AwsReader,
        scope: Scope,
        table: Observed | None,
        known: Known,
    ) -> Iterator[Observed]:
        """Those that spec or state name; to discover, those of the names and descriptions that dynaops gives."""
        named = known.of_kinds(KIND)
        for part in PARTS if known.discover else ():
            result = _discovered(read, scope, part)
            if result is not None and result.address not in named:
                yield result
        for address, (desired, record) in named.items():
            side = record or desired
            assert side is not None, "what is known is desired or recorded"
            arn = (record.arn if record else None) or policy_arn(
                scope, read.account, side.properties["name"], side.properties["path"]
            )
            result = _described(read, scope, arn)
            if result is not None:
                yield replace(result, address=address)

    def resolve(
        self, read: AwsReader | None, scope: Scope, entries: Sequence[AddressDiff]
    ) -> dict[str, AddressDiff]:
        """ARNs filled in, granted functions' roles named, and what a new version must first make room for."""
        by_address = {entry.address: entry for entry in entries}
        result = {}
        for entry in entries:
            if entry.kind == KIND:
                resolved = _with_desired(read, scope, entry, by_address)
                result[entry.address] = _with_versions(read, scope, resolved)
        return result

    def findings(self, work: TableChanges) -> Iterator[Finding]:
        for entry in work.of_kind(KIND):
            for role in entry.desired.options.get("missing", ()) if entry.desired else ():
                yield make_finding(
                    DDB420, f"{entry.address}: there is no role {role} to attach the policy to"
                )
            if entry.action is Action.DELETE and _users(entry):
                yield make_finding(
                    DDB410,
                    f"{entry.address}: {_policy_name(entry)} stays, since {', '.join(_users(entry))} use it, "
                    "which dynaops has not attached",
                )

    def refine(self, work: TableChanges) -> dict[str, AddressDiff]:
        """A policy that others use is not deleted; with attachments of ours it is let go by the last of their calls."""
        return {
            entry.address: replace(entry, change=None, let_go=True)
            for entry in work.of_kind(KIND)
            if entry.action is Action.DELETE and _users(entry) and not _own_roles(entry)
        }

    def export(self, scope: Scope, live: Sequence[Observed]) -> dict[str, Any]:
        """Those that were found, with the roles that have them. Custom ones are adopted by a spec that names them."""
        parts = {resource.address: resource.properties for resource in live if resource.kind == KIND}
        result = {
            part: _exported(policy_name(scope, part), parts[scope.below("iam", part)])
            for part in PARTS
            if scope.below("iam", part) in parts
        }
        return {"iam": result} if result else {}

    def outputs(self, scope: Scope, records: Mapping[str, Record]) -> Properties:
        """``policy_arns/lambda_access``, ``policy_arns/custom/NAME``."""
        result: Properties = {}
        for address, record in sorted(records.items()):
            nest(result, address.replace(scope.below("iam"), "policy_arns", 1), record.arn)
        return result

    def external_names(self, scope: Scope, resource: Resource) -> Iterator[ExternalName]:
        for role in resource.properties.get("roles", ()):
            yield iam_role(role, resource.region, "attached to")
        for function in resource.options.get("grant", ()):
            yield lambda_function(function, resource.region, "attached to the role of")

    def is_named_by_us(self, scope: Scope, entry: AddressDiff, name: str) -> bool:
        """By its description, which is given once and for all, or by the name that nobody else is given."""
        if entry.live is None:
            return False
        part = entry.address.removeprefix(f"{scope.below('iam')}/")
        by_name = part in PARTS and entry.live.properties["name"] == policy_name(scope, part)
        return by_name or entry.live.raw.get("description") == made_for(entry.address)

    def operations(self, work: TableChanges) -> list[Step]:
        steps: list[Step] = []
        for entry in work.of_kind(KIND):
            if entry.action in (Action.DELETE, Action.REPLACE) and entry.live:
                steps.extend(_taken_down(entry))
            if entry.action in (Action.CREATE, Action.REPLACE):
                steps.extend(_made(entry))
            elif entry.action in (Action.UPDATE, Action.ADOPT):
                steps.extend(_changed(entry))
        return steps


def _taken_down(entry: AddressDiff) -> Iterator[Step]:
    roles, used = _own_roles(entry), _users(entry)
    for role in roles:
        last = bool(used) and role == roles[-1] and entry.action is Action.DELETE
        yield detach(entry, role, leaving=True, forget=last)
    if not used:
        yield from delete(entry)


def _made(entry: AddressDiff) -> Iterator[Step]:
    assert entry.desired is not None, "only a declared policy is made"
    yield create(entry)
    for role in entry.desired.properties.get("roles", ()):
        yield attach(entry, role)


def _changed(entry: AddressDiff) -> Iterator[Step]:
    if entry.difference("document") is not None:
        yield from change(entry)
    for difference in entry.differences("roles"):
        role = difference.path.partition(".")[2]
        yield attach(entry, role) if difference.after is not None else detach(entry, role)


def _own_roles(entry: AddressDiff) -> list[str]:
    """The roles that we attached it to, and that still have it."""
    live = entry.live.properties.get("roles", {}) if entry.live else {}
    return [
        role for role in (entry.record.properties.get("roles", {}) if entry.record else {}) if role in live
    ]


def _users(entry: AddressDiff) -> list[str]:
    """What else the policy is attached to."""
    if entry.live is None:
        return []
    own = set(_own_roles(entry))
    roles = [f"role {role}" for role in entry.live.properties.get("roles", {}) if role not in own]
    return roles + list(entry.live.raw.get("others", ()))


def _exported(default: str, properties: Properties) -> Any:
    text = {
        "name": properties["name"] if properties["name"] != default else None,
        "path": properties["path"] if properties["path"] != "/" else None,
        "attach_to_roles": sorted(properties.get("roles", {})),
    }
    return {name: value for name, value in text.items() if value} or True


def _policy_name(entry: AddressDiff) -> str:
    return str(entry.live.properties["name"]) if entry.live else entry.name


def policy_name(scope: Scope, part: str) -> str:
    """What a policy of the table is called where nobody names it.

    Policy names are one an account, tables one a region; what gets too long is shortened to something unique.
    """
    name = f"{scope.table_name}-{scope.region}-{part.replace('_', '-')}"
    if len(name) <= NAME_LIMIT:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    return f"{name[: NAME_LIMIT - 30]}-{digest}-{part.replace('_', '-')}"[:NAME_LIMIT]


def policy_arn(scope: Scope, account: str, name: str, path: str = "/") -> str:
    """The ARN of the policy of that name, also before it exists."""
    return iam_arn(scope.region, account, f"policy{path}{name}")


def _described(read: AwsReader, scope: Scope, arn: str) -> Observed | None:
    answer = read.read("iam", "GetPolicy", scope.region, {"PolicyArn": arn})
    if answer is None:
        return None
    policy = answer["Policy"]
    version = {"PolicyArn": arn, "VersionId": policy["DefaultVersionId"]}
    text = read.read("iam", "GetPolicyVersion", scope.region, version) or {}
    document = text.get("PolicyVersion", {}).get("Document") or {}
    result: Properties = {
        "name": policy["PolicyName"],
        "path": policy["Path"],
        "document": canonical(document),
    }
    users = _attached(read, scope, arn) if policy.get("AttachmentCount") else {}
    if users.get("PolicyRoles"):
        result["roles"] = {element["RoleName"]: True for element in users["PolicyRoles"]}
    others = [f"user {element['UserName']}" for element in users.get("PolicyUsers", ())]
    others += [f"group {element['GroupName']}" for element in users.get("PolicyGroups", ())]
    raw = {"others": others, "description": policy.get("Description")}
    outputs = {"arn": arn, "id": policy["PolicyId"]}
    return Observed("", KIND, scope.region, result, outputs, raw=raw, tags=tags_of(policy.get("Tags")))


def _discovered(read: AwsReader, scope: Scope, part: str) -> Observed | None:
    """The policy that bears the name and the description of ours; None also for who may not look at policies."""
    address = scope.below("iam", part)
    try:
        resource = _described(read, scope, policy_arn(scope, read.account, policy_name(scope, part)))
    except AccessDenied:
        return None
    ours = resource is not None and resource.raw.get("description") == made_for(address)
    return replace(resource, address=address) if resource is not None and ours else None


def log_group_of(read: AwsReader, scope: Scope) -> str | None:
    """The log group that the table's own policy for functions lets them write to; None without such a policy."""
    resource = _discovered(read, scope, "lambda_access")
    for statement in resource.properties["document"]["Statement"] if resource else ():
        if statement.get("Sid") == documents.LOGS:
            return str(statement["Resource"][0]).split(":log-group:")[1].removesuffix(":*")
    return None


def _attached(read: AwsReader, scope: Scope, arn: str) -> dict[str, list[Any]]:
    result: dict[str, list[Any]] = {}
    following: dict[str, Any] = {}
    while True:
        answer = (
            read.read("iam", "ListEntitiesForPolicy", scope.region, {"PolicyArn": arn, **following}) or {}
        )
        for member in ("PolicyRoles", "PolicyUsers", "PolicyGroups"):
            result.setdefault(member, []).extend(answer.get(member, ()))
        if not answer.get("IsTruncated"):
            return result
        following = {"Marker": answer["Marker"]}


def _with_desired(
    read: AwsReader | None, scope: Scope, entry: AddressDiff, entries: Mapping[str, AddressDiff]
) -> AddressDiff:
    if entry.desired is None:
        return entry
    wanted = entry.desired.properties
    account = read.account if read else _recorded_account(entry)
    values = {**late(scope, entries, read), "partition": partition_of(scope.region)}
    document = documents.with_arns(wanted["document"], values, account, scope.region)
    roles = dict(wanted.get("roles", {}))
    options = dict(entry.desired.options)
    if account is not None:
        options["arn"] = policy_arn(scope, account, wanted["name"], wanted["path"])
    if read is None:
        roles |= entry.record.properties.get("roles", {}) if entry.record and options.get("grant") else {}
    else:
        roles |= dict.fromkeys(_granted(read, scope, options.get("grant", ())), True)
        have = entry.live.properties.get("roles", {}) if entry.live else {}
        options["missing"] = [role for role in roles if role not in have and not _exists(read, scope, role)]
    properties = {**wanted, "document": document, **({"roles": dict(sorted(roles.items()))} if roles else {})}
    return replace(entry, desired=replace(entry.desired, properties=properties, options=options))


def _recorded_account(entry: AddressDiff) -> str | None:
    recorded = parse(entry.record.arn) if entry.record else None
    return recorded.account if recorded else None


def _granted(read: AwsReader, scope: Scope, functions: Iterable[str]) -> Iterator[str]:
    """The roles of the functions (those that exist; the triggers' own handler tells of others)."""
    for function in functions:
        answer = read.read("lambda", "GetFunctionConfiguration", scope.region, {"FunctionName": function})
        if answer is not None:
            yield str(answer["Role"]).rpartition("/")[2]


def _exists(read: AwsReader, scope: Scope, role: str) -> bool:
    return read.read("iam", "GetRole", scope.region, {"RoleName": role}) is not None


def _with_versions(read: AwsReader | None, scope: Scope, entry: AddressDiff) -> AddressDiff:
    """The versions there are, oldest first, where one is to be added or all are to go (five are AWS's limit)."""
    if read is None or entry.live is None:
        return entry
    wanted = entry.desired.properties if entry.desired else {}
    live = entry.live.properties
    if entry.desired and all(wanted[member] == live[member] for member in ("document", "name", "path")):
        return entry
    result = read.read_all(
        "iam",
        "ListPolicyVersions",
        scope.region,
        {"PolicyArn": entry.live.outputs["arn"]},
        "Versions",
        "Marker",
    )
    others = [element for element in result or () if not element["IsDefaultVersion"]]
    ids = [
        element["VersionId"] for element in sorted(others, key=lambda element: int(element["VersionId"][1:]))
    ]
    return replace(entry, live=replace(entry.live, raw={**entry.live.raw, "versions": ids}))


HANDLER = IamPolicyHandler()
