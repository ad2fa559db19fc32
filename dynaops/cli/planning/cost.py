"""The cost of a plan, with packaged prices, with prices from AWS, or none."""

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
    """The sources of prices."""

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


def price_source(settings: GlobalSettings, given: PriceSource | None = None) -> PriceSource:
    """The source of prices: from the command line, else the project file, else the packaged list."""
    return given or PriceSource(project(settings).prices or PriceSource.PACKAGED)


def priced(plan: Plan, source: PriceSource = PriceSource.PACKAGED, aws: Aws | None = None) -> Plan:
    """The plan with its monthly cost.

    If AWS's price list cannot be read, the packaged one is used, and a message says so.
    """
    if source is PriceSource.OFF or not (plan.usage or plan.by_use):
        return plan
    from dynaops.costs.estimate import estimate
    from dynaops.costs.prices import packaged

    note, prices = "", None
    if source is PriceSource.LIVE and aws is not None:
        from dynaops.aws.errors import AwsFailure
        from dynaops.costs.price_list import listed

        try:
            billed = [(usage.region, usage.item) for usage in plan.usage]
            prices = listed(aws, {*billed, *((usage.region, usage.item) for usage in plan.by_use)})
        except AwsFailure as failure:
            note = f"AWS's price list could not be read: {failure}"
    cost = estimate(plan.usage, plan.by_use, prices or packaged(), note)
    return plan.model_copy(update={"cost": cost})
