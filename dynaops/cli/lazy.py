"""Import commands only when they run: the root help comes from a table.

Importing every command for ``--help`` would cost more than the help itself.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any, NamedTuple

import typer
from typer.main import get_command as build

from dynaops.cli.help import HelpGroup


class Listed(NamedTuple):
    """One line of the root help: the command's module below `dynaops.cli`, and what it is for."""

    module: str
    help: str


SECTIONS: dict[str, dict[str, Listed]] = {
    "Work with tables": {
        "init": Listed(
            "specs.init", "Write a commented spec to start from, or set up where the state lives."
        ),
        "validate": Listed("specs.validate", "Check specs offline; with --live, the deployed tables too."),
        "plan": Listed("planning.plan", "Show what apply would do; changes nothing."),
        "apply": Listed("planning.apply", "Bring AWS to what the specs say."),
        "destroy": Listed("planning.destroy", "Delete what dynaops made."),
        "import": Listed("specs.import_", "Take over a live table, and print its spec."),
        "convert": Listed("specs.convert", "Make specs of Terraform, CloudFormation, CDK or SAM."),
        "drift": Listed("planning.drift", "Show what changed in AWS behind dynaops's back."),
        "output": Listed("specs.output", "Print ARNs and other values that AWS gave."),
        "grant": Listed("planning.grant", "Let Lambda functions use a table, whoever made it."),
        "permissions": Listed(
            "planning.permissions", "Print the least IAM policy that specs or a plan need."
        ),
        "graph": Listed("specs.graph", "Draw resources and what they depend on."),
        "render": Listed("specs.render", "Print composed specs, and where each value comes from."),
    },
    "Move rows": {
        "load-data": Listed(
            "transfer.load_data", "Fill a table from files, fast, with account kept of every row."
        ),
        "export-data": Listed(
            "transfer.export_data", "Write a table's rows to a file that load-data reads back."
        ),
    },
    "Keep tables safe": {
        "backup": Listed("backup.commands", "Make backups, restore and verify them."),
    },
    "Look after dynaops": {
        "state": Listed("state.commands", "Look at the state, repair it, go back to an earlier one."),
        "workspace": Listed(
            "state.workspace", "Keep several states of the same specs: one for staging, one for production."
        ),
        "config": Listed("project.config", "Show and check the project file and its environments."),
        "schema": Listed("specs.schema", "Print the JSON Schema of specs, for editors."),
        "whoami": Listed("project.whoami", "Say whose AWS account commands would work in."),
        "sandbox": Listed("sandbox.commands", "Run the embedded AWS on this machine."),
    },
}
_TABLE = {name: listed for section in SECTIONS.values() for name, listed in section.items()}


class ReaderGone(Exception):
    """The reader of stdout has closed it."""


class Root(HelpGroup):
    """The root group, which imports a command when it is looked up by name."""

    def list_commands(self, ctx: Any) -> list[str]:  # click's signature
        return list(_TABLE)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        listed = _TABLE.get(cmd_name)
        return load(cmd_name, listed) if listed else None

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        self.commands = dict.fromkeys(_TABLE, self)  # suggestions are made from these names
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError as error:  # Typer would make it exit code 1, as if the command had failed
            raise ReaderGone from error

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        for title, commands in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl([(f"{name:<8}", listed.help) for name, listed in commands.items()])


def load(name: str, listed: Listed) -> Any:
    """Import a command's module and build the command from its `app`."""
    app: typer.Typer = import_module(f"dynaops.cli.{listed.module}").app
    command = build(app)
    command.name = name
    return command


def new_app(**options: Any) -> typer.Typer:
    """A Typer for one command or group of commands, with the settings of dynaops."""
    return typer.Typer(
        cls=HelpGroup,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
        **options,
    )
