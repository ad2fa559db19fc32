"""The guards of an environment (account, role, regions) for AWS calls and for specs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from dynaops.model.arns import iam_arn

if TYPE_CHECKING:
    from dynaops.aws.guards import Guard
    from dynaops.aws.role import Role
    from dynaops.model.finding import Finding
    from dynaops.specs.load import Document
    from dynaops.specs.project import Project

_IN_SANDBOX = "dynaops-sandbox"
"""Name of the role with which the sandbox simulates an environment's account."""


def guard_of(project: Project) -> Guard | None:
    """The guard for AWS calls; None if the environment has none."""
    if project.account is None and project.regions is None:
        return None
    from dynaops.aws.guards import Guard

    return Guard(
        project.account,
        project.regions,
        project.environment or "",
        project.says("account"),
        project.says("regions"),
    )


def role_of(project: Project, in_sandbox: bool = False) -> Role | None:
    """The role to assume; None if the caller's own credentials are used.

    The embedded sandbox simulates any account: an environment with an account and without a role gets a role there, and
    no MFA code is asked for, since the sandbox has no MFA devices.
    """
    from dynaops.aws.role import Role

    arn, arn_place = project.role_arn, project.says("role_arn")
    if arn is None and in_sandbox and project.account is not None:
        arn, arn_place = (
            iam_arn(project.region or "", project.account, f"role/{_IN_SANDBOX}"),
            project.says("account"),
        )
    if arn is None:
        return None
    serial = None if in_sandbox else project.mfa_serial
    return Role(arn, project.external_id, project.session_name, arn_place, serial, project.says("mfa_serial"))


def outside_regions(documents: Sequence[Document], project: Project, home: str | None) -> Iterator[Finding]:
    """Errors for tables and replicas that specs declare outside the environment's regions.

    `home` is the region of specs without one; if it is not known yet, the call itself is checked later.
    """
    from dynaops.model.findings.rule import make_finding
    from dynaops.model.findings.specs import SPEC041

    if project.regions is None:
        return
    for document in documents:
        for path, region in _regions(document, home):
            if region not in project.regions:
                yield make_finding(
                    SPEC041,
                    f"{region} is outside of the regions of the environment {project.environment}",
                    f"Its regions are {', '.join(project.regions)}: {project.says('regions')}.",
                    path=path,
                    place=document.place(path),
                    address=document.spec.table_name,
                )


def _regions(document: Document, home: str | None) -> Iterator[tuple[str, str]]:
    """(region, path of its key) for each region in a spec."""
    spec = document.spec
    region = spec.region or home
    if region:
        yield "region" if spec.region else "table_name", region
    for index, replica in enumerate(spec.replicas or ()):
        yield f"replicas.{index}.region", replica.region
    if spec.witness_region:
        yield "witness_region", spec.witness_region
