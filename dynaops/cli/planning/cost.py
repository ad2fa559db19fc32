"""What a plan costs: at the packaged prices, at AWS's, or not at all."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from dynaops.cli.project.project_file import project
from dynaops.cli.settings import GlobalSettings

if TYPE_CHECKING:
    from dynaops.aws.session import Aws
    from dynaops.model.plan import Plan


class PriceSource(StrEnum):
    """Where prices are from."""

    PACKAGED = "packaged"
    LIVE = "live"
    OFF = "off"


PricesFrom = Annotated[
    PriceSource | None,
    typer.Option(
        "--prices",
        metavar="FROM",
        help="What the monthly cost goes by: packaged prices, live ones of AWS's price list, or off."
        "  [default: packaged]",
        show_default=False,
    ),
]


def price_source(settings: GlobalSettings, asked: PriceSource | None = None) -> PriceSource:
    """Where prices are from: what the command line says, else the project file, else the packaged list."""
    return asked or PriceSource(project(settings).prices or PriceSource.PACKAGED)


def priced(plan: Plan, source: PriceSource = PriceSource.PACKAGED, way: Aws | None = None) -> Plan:
    """The plan with its monthly cost.

    Where AWS's price list cannot be read, the packaged one stands in, and that is told.
    """
    if source is PriceSource.OFF or not (plan.usage or plan.by_use):
        return plan
    from dynaops.costs.estimate import estimate
    from dynaops.costs.prices import packaged

    note, prices = "", None
    if source is PriceSource.LIVE and way is not None:
        from dynaops.aws.errors import AwsFailure
        from dynaops.costs.price_list import listed

        try:
            billed = [(one.region, one.item) for one in plan.usage]
            prices = listed(way, {*billed, *((one.region, one.item) for one in plan.by_use)})
        except AwsFailure as failure:
            note = f"AWS's price list could not be read: {failure}"
    cost = estimate(plan.usage, plan.by_use, prices or packaged(), note)
    return plan.model_copy(update={"cost": cost})
