"""``dynaops convert``."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from dynaops.cli.context import settings_of
from dynaops.cli.help import Command
from dynaops.cli.lazy import new_app

app = new_app()
EXAMPLES = """dynaops convert prod.tfvars --out specs
dynaops convert main.tf variables.tf prod.tfvars
dynaops convert . --out specs
dynaops convert terraform.tfstate --out specs
dynaops convert cdk.out/Shop.template.json --parameter OrdersTable=shop-orders
dynaops convert serverless.yml --parameter opt:stage=prod"""


class ConvertFormat(StrEnum):
    """The formats that can be converted."""

    TFVARS = "tfvars"
    TERRAFORM_STATE = "terraform-state"
    TERRAFORM_PLAN = "terraform-plan"
    CDK = "cdk"
    SERVERLESS = "serverless"
    ACK = "ack"
    CROSSPLANE = "crossplane"
    CLOUDFORMATION = "cloudformation"
    DESCRIBE_TABLE = "describe-table"


@app.command(cls=Command, epilog=EXAMPLES)
def convert(
    ctx: typer.Context,
    files: Annotated[list[str], typer.Argument(metavar="FILE", help="Files or folders, or - for stdin.")],
    from_: Annotated[
        ConvertFormat | None,
        typer.Option(
            "--from",
            metavar="FORMAT",
            help="tfvars (also .tf files), terraform-state, terraform-plan, cloudformation (also CDK and SAM), cdk (a "
            "cdk.out folder), serverless, ack, crossplane, or describe-table.  [default: as the files are]",
            show_default=False,
        ),
    ] = None,
    out: Annotated[
        str, typer.Option(metavar="FOLDER", help="Write one spec a table there; - prints them.")
    ] = "-",
    parameter: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=VALUE",
            help="Value of a parameter or variable, or name of a resource that the source does not name (repeatable).",
        ),
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit 3 if anything could not be carried over.")
    ] = False,
    static: Annotated[
        bool,
        typer.Option(
            "--static", help="Read a folder's .tf files, and neither run Terraform nor read its state."
        ),
    ] = False,
) -> int:
    """Make specs of Terraform, CloudFormation, CDK or SAM.

    What a spec cannot say is listed with its place and the reason. Nothing is sent, and no credentials are needed; but
    a folder with a Terraform state is read by `terraform show -json`, if Terraform is installed (see --static). The
    specs adopt what is live: `dynaops plan` then has nothing to change.
    """
    from dynaops.cli.specs.convert_files import ConvertRequest, run

    request = ConvertRequest(
        tuple(files), from_.value if from_ else None, out, tuple(parameter or ()), strict, static
    )
    return run(request, settings_of(ctx))
