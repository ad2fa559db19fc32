"""``dynaops sandbox``: the embedded AWS of this directory."""

from __future__ import annotations

from typing import Annotated

import typer

from dynaops.cli.context import settings_of
from dynaops.cli.durations import seconds
from dynaops.cli.help import Command, HelpGroup
from dynaops.cli.lazy import new_app
from dynaops.cli.screen import Screen

app = new_app(
    help="Run the embedded AWS on this machine.\n\n"
    "It listens on 127.0.0.1 only and keeps its content in your own state folder ($XDG_STATE_HOME/dynaops/sandbox, "
    "by default ~/.local/state/dynaops/sandbox), apart for each directory. Any AWS tool can use it: set "
    "AWS_ENDPOINT_URL to its URL."
)
clock = new_app(help="Move the sandbox's own time on, or let it run faster.")
app.add_typer(clock, name="clock", cls=HelpGroup)

Speed = Annotated[
    float, typer.Option(metavar="N", help="AWS's seconds in one real second; 0 stops its clock.")
]


@app.command(cls=Command)
def start(
    ctx: typer.Context,
    port: Annotated[
        int | None, typer.Option(metavar="PORT", help="Listen there.  [default: a free one]")
    ] = None,
    speed: Speed = 60.0,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="Answer requests for this host name too, besides 127.0.0.1 and localhost; *.NAME: for all below it. "
            "May be given several times.",
        ),
    ] = None,
    allow_origin: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ORIGIN",
            help="Let web pages of this origin (http://localhost:3000) call it. May be given several times.",
        ),
    ] = None,
) -> None:
    """Start the sandbox of this directory, or find it running."""
    from dynaops.cli.sandbox.sandboxes import tell_of_old_content
    from dynaops.sandbox import daemon
    from dynaops.sandbox.callers import Callers

    settings = settings_of(ctx)
    screen = Screen(settings)
    hosts, origins = tuple(allow_host or ()), tuple(allow_origin or ())
    try:
        callers = Callers(hosts, origins)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    tell_of_old_content(settings)
    running = daemon.start(port=port, speed=speed, callers=callers)
    if settings.json:
        screen.document({"running": True, "url": running.url, "pid": running.pid, "speed": running.speed})
        return
    screen.say(f"The sandbox is running at {running.url}.")
    screen.say("")
    screen.say(f"  dynaops --sandbox plan\n  aws dynamodb list-tables --endpoint-url {running.url}")


@app.command(cls=Command)
def stop(ctx: typer.Context) -> None:
    """Stop the sandbox of this directory; its content is kept."""
    from dynaops.sandbox import daemon

    screen = Screen(settings_of(ctx))
    stopped = daemon.stop()
    if screen.json:
        screen.document({"stopped": stopped})
    else:
        screen.say("Stopped; its content is kept." if stopped else "No sandbox was running here.")


@app.command(cls=Command)
def status(ctx: typer.Context) -> None:
    """Tell whether the sandbox of this directory runs, where, and what is in it."""
    from dynaops.sandbox import daemon
    from dynaops.views.sandbox import status_page

    screen = Screen(settings_of(ctx))
    details = daemon.details()
    if screen.json:
        screen.document({"running": details is not None, **(details or {})})
    else:
        screen.show(status_page(str(details["url"]) if details else None, details or {}))


@app.command(cls=Command)
def reset(ctx: typer.Context) -> None:
    """Empty the sandbox of this directory, and its own state with it.

    A state that was named with --state is not touched.
    """
    from dynaops.cli.sandbox import sandbox_state
    from dynaops.sandbox import daemon

    screen = Screen(settings_of(ctx))
    daemon.reset()
    states = sandbox_state.forget()
    if screen.json:
        screen.document({"reset": True, "states": states})
    else:
        screen.say("The sandbox is empty, and so is its state." if states else "The sandbox is empty.")


@clock.command(cls=Command, epilog="dynaops sandbox clock advance 1h30m\ndynaops sandbox clock advance 90s")
def advance(
    ctx: typer.Context,
    duration: Annotated[str, typer.Argument(metavar="DURATION", help="For example 90s, 10m, 1h30m or 1d.")],
) -> None:
    """Let AWS's time pass at once, with all that happens meanwhile."""
    from dynaops.sandbox import daemon

    screen = Screen(settings_of(ctx))
    response = daemon.advance(seconds(duration))
    if screen.json:
        screen.document(response)
    else:
        screen.say(f"The sandbox's clock moved on by {duration}.")


@clock.command(cls=Command)
def speed(
    ctx: typer.Context,
    factor: Annotated[
        float, typer.Argument(metavar="N", min=0, help="AWS's seconds in one real second; 0 stops its clock.")
    ],
) -> None:
    """Let AWS's time go this much faster than real time."""
    from dynaops.sandbox import daemon

    screen = Screen(settings_of(ctx))
    response = daemon.set_speed(factor)
    if screen.json:
        screen.document(response)
    else:
        screen.say(
            f"The sandbox's time goes {factor:g} times as fast." if factor else "The sandbox's clock stands."
        )
