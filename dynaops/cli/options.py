"""Options that several commands share."""

from __future__ import annotations

from typing import Annotated

import typer

SPECS = "specs"

Paths = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="PATH", help="Spec files or directories of them.  [default: specs]", show_default=False
    ),
]
PathsOrPlan = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="PATH",
        help="Spec files or directories, or one saved plan.  [default: specs]",
        show_default=False,
    ),
]
Recursive = Annotated[
    bool, typer.Option("--recursive", help="Also read the specs in subfolders of the folders named.")
]
Overlays = Annotated[
    list[str] | None,
    typer.Option("-f", "--file", metavar="FILE", help="Lay this file of overlays on the specs (repeatable)."),
]
Variables = Annotated[
    list[str] | None,
    typer.Option("--var", metavar="NAME=VALUE", help="Value of ${var.NAME} in specs (repeatable)."),
]
VariableFiles = Annotated[
    list[str] | None, typer.Option("--var-file", metavar="FILE", help="YAML or JSON file of such values.")
]
EnvNames = Annotated[
    list[str] | None,
    typer.Option(
        "--env-var", metavar="NAME", help="Let specs read ${env.NAME}; plans may show it (repeatable)."
    ),
]
Targets = Annotated[
    list[str] | None,
    typer.Option(
        "--target",
        metavar="ADDRESS",
        help="Only this address and what is below it; 'shop-*' and '*/gsi/*' are patterns (repeatable).",
    ),
]
NoRefresh = Annotated[
    bool, typer.Option("--no-refresh", help="Compare with the state only, without looking at AWS.")
]
ExitCode = Annotated[bool, typer.Option("--exit-code", help="Exit 2 if there is anything to tell, 0 if not.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
AllowReplace = Annotated[
    bool, typer.Option("--allow-replace", help="Agree to tables or indexes being deleted and built anew.")
]
AllowDestroy = Annotated[
    bool,
    typer.Option(
        "--allow-destroy", help="Agree to giving up tables, indexes, protection or recovery points."
    ),
]
AllowAdopt = Annotated[
    bool, typer.Option("--allow-adopt", help="Agree to taking over what is live and no state has marked.")
]
TakeOver = Annotated[
    list[str] | None,
    typer.Option(
        "--take-over", metavar="STATE_ID", help="Take over what this lost state has marked (repeatable)."
    ),
]
Consents = Annotated[
    list[str] | None,
    typer.Option(
        "--consent",
        metavar="KIND:ADDRESS",
        help="Agree to losing just this: destroy:orders (repeatable).",
    ),
]
Parallelism = Annotated[
    int | None,
    typer.Option(metavar="N", min=1, max=64, help="Tables that are worked on at once.  [default: 4]"),
]
NoWait = Annotated[
    bool, typer.Option("--no-wait", help="Leave slow work (index builds, cooldowns) to the next apply.")
]
ShowOperations = Annotated[
    bool, typer.Option("--operations", help="List every AWS call in full, in its order.")
]
