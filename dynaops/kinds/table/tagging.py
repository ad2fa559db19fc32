"""Tags of the table: their own calls on its ARN, serial because AWS locks a table's tags for seconds."""

from __future__ import annotations

from collections.abc import Iterator

from dynaops.kinds.kind import Rank, Step, TableChanges
from dynaops.kinds.steps import step
from dynaops.kinds.table import mapping
from dynaops.model.change import Difference
from dynaops.model.jmespath import literal
from dynaops.model.operation import Wait


def change(work: TableChanges) -> Iterator[Step]:
    """TagResource for what is added or changed, then UntagResource for what goes."""
    entry = work.table
    differences = entry.differences("tags")
    arn = entry.live.outputs.get("arn") if entry.live else None
    if not differences or not arn:
        return
    wanted = {
        _key(difference): difference.after for difference in differences if difference.after is not None
    }
    removed = sorted(_key(difference) for difference in differences if difference.after is None)
    name = work.scope.table_name
    if wanted:
        shown = " && ".join(
            f"length(Tags[?Key=={literal(key)} && Value=={literal(value)}])==`1`"
            for key, value in sorted(wanted.items())
        )
        yield _step(
            work,
            "TagResource",
            f"tag {name}: {', '.join(sorted(wanted))}",
            {"ResourceArn": arn, "Tags": mapping.tags(wanted)},
            shown,
            differences=[difference for difference in differences if difference.after is not None],
        )
    if removed:
        yield _step(
            work,
            "UntagResource",
            f"untag {name}: {', '.join(removed)}",
            {"ResourceArn": arn, "TagKeys": removed},
            " && ".join(f"length(Tags[?Key=={literal(key)}])==`0`" for key in removed),
            differences=[difference for difference in differences if difference.after is None],
        )


def _step(
    work: TableChanges,
    api: str,
    title: str,
    parameters: mapping.Shape,
    until: str,
    differences: list[Difference],
) -> Step:
    return step(
        work.table,
        Rank.TAGS,
        api,
        title,
        parameters,
        reason=", ".join(
            f"{difference.path}: {difference.before} -> {difference.after}" for difference in differences
        ),
        wait=Wait(
            title=f"the tags of {work.scope.table_name} are as wanted",
            api="ListTagsOfResource",
            parameters={"ResourceArn": parameters["ResourceArn"]},
            until=until,
            expected=3,
            timeout=120,
        ),
        set={difference.path: difference.after for difference in differences if difference.after is not None},
        unset=tuple(difference.path for difference in differences if difference.after is None),
    )


def _key(difference: Difference) -> str:
    return difference.path.partition(".")[2]
