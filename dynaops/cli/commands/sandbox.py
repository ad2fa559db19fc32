"""``dynaops sandbox``: the embedded AWS of this directory."""

from __future__ import annotations

from dynaops.cli.lazy import new_app

app = new_app(
    help="Run the embedded AWS on this machine.\n\n"
    "It listens on 127.0.0.1 only and keeps its content under .dynaops/sandbox/. Any AWS tool can use it."
)
clock = new_app(help="The sandbox's own time: move it on, or let it run faster.")
app.add_typer(clock, name="clock")
