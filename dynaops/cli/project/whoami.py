"""``dynaops whoami``."""

from __future__ import annotations

import typer

from dynaops.cli import wiring
from dynaops.cli.context import settings_of
from dynaops.cli.help import Command
from dynaops.cli.lazy import new_app
from dynaops.cli.screen import Screen

app = new_app()
EXAMPLES = """dynaops whoami
dynaops --profile production whoami --json"""


@app.command(cls=Command, epilog=EXAMPLES)
def whoami(ctx: typer.Context) -> None:
    """Say whose AWS account commands would work in.

    Asks AWS who the credentials belong to (sts:GetCallerIdentity, which needs no permission).
    """
    settings = settings_of(ctx)
    screen = Screen(settings)
    aws = wiring.aws(settings)
    caller = aws.call("sts", "GetCallerIdentity", aws.region, {})
    identity = {
        "account": caller["Account"],
        "arn": caller["Arn"],
        "region": aws.region,
        "endpoint": aws.endpoint_url,
    }
    if settings.json:
        screen.document(identity)
        return
    from dynaops.views.records import caller_page

    screen.show(caller_page(identity))
