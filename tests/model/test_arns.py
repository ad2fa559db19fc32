"""ARNs and partitions, against botocore's own data; and no ARN of one partition in the code."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import botocore
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dynaops.model import arns
from dynaops.model.arns import Arn, arn, iam_arn, parse, partition_of, region_of

DATA = Path(botocore.__file__).parent / "data"
ROOT = Path(__file__).parent.parent.parent / "dynaops"


def _partitions() -> dict[str, dict[str, object]]:
    read = json.loads((DATA / "partitions.json").read_text(encoding="utf-8"))
    return {partition["id"]: partition for partition in read["partitions"]}


def test_the_table_is_botocores() -> None:
    known = _partitions()
    assert set(arns.PARTITIONS) == set(known)
    for name, partition in known.items():
        outputs = partition["outputs"]
        assert isinstance(outputs, dict)
        assert arns.PARTITIONS[name].dns_suffix == outputs["dnsSuffix"]
        assert partition_of(arns.PARTITIONS[name].global_region) == name


def test_every_region_of_botocore_is_in_its_partition() -> None:
    endpoints = json.loads((DATA / "endpoints.json").read_text(encoding="utf-8"))
    regions = {
        (region, partition["partition"])
        for partition in endpoints["partitions"]
        for region in partition["regions"]
    }
    regions |= {
        (region, name)
        for name, partition in _partitions().items()
        for region in partition["regions"]  # type: ignore[attr-defined]
        if not region.endswith("-global")
    }
    assert len(regions) > 30
    assert {region: partition_of(region) for region, _ in regions} == dict(regions)


@given(
    st.sampled_from(sorted(_partitions())), st.text("abcdefgh", min_size=1, max_size=9), st.integers(1, 99)
)
def test_regions_to_come_are_where_botocore_puts_them(name: str, place: str, number: int) -> None:
    pattern = str(_partitions()[name]["regionRegex"])
    example = re.sub(r"\\w\+", place, pattern.strip("^$")).replace(r"\-", "-").replace(r"\d+", str(number))
    for choice in re.sub(r".*?\(([^)]*)\).*|.*", r"\1", example).split("|"):
        region = re.sub(r"\([^)]*\)", choice, example)
        expected = [
            other for other, data in _partitions().items() if re.match(str(data["regionRegex"]), region)
        ]
        assert partition_of(region) == expected[0]


_part = st.text("abc-0123456789", max_size=12)


@given(st.builds(Arn, _part.filter(bool), _part.filter(bool), _part, _part, st.text(min_size=1)))
def test_an_arn_is_parsed_to_what_it_was_made_of(made: Arn) -> None:
    assert parse(str(made)) == made


@pytest.mark.parametrize(
    "text", [None, "", "users", "arn:", "arn:aws:dynamodb", "arn:aws:s3:::", "urn:aws:s3:::b"]
)
def test_what_is_no_arn(text: str | None) -> None:
    assert parse(text) is None
    assert region_of(text or "", "eu-west-1") == "eu-west-1"


@pytest.mark.parametrize(
    ("region", "partition"),
    [
        ("eu-west-1", "aws"),
        ("cn-north-1", "aws-cn"),
        ("us-gov-west-1", "aws-us-gov"),
        ("us-iso-east-1", "aws-iso"),
        ("us-isob-east-1", "aws-iso-b"),
        ("eu-isoe-west-1", "aws-iso-e"),
        ("eusc-de-east-1", "aws-eusc"),
        ("local", "aws"),
        ("", "aws"),
    ],
)
def test_arns_are_of_the_regions_partition(region: str, partition: str) -> None:
    assert arn("dynamodb", region, "111122223333", "table/users") == (
        f"arn:{partition}:dynamodb:{region}:111122223333:table/users"
    )
    assert iam_arn(region, "111122223333", "role/a") == f"arn:{partition}:iam::111122223333:role/a"


ALLOWED = {
    # Examples in messages and in the reference of dynaops.toml.
    "model/findings/companions.py": {"It looks like arn:aws:kinesis:", "It looks like arn:aws:sns:"},
    "specs/project_keys.py": {"arn:aws:sns:eu-west-1:111122223333:", "arn:aws:iam::111122223333:"},
    "engine/grant.py": {"It looks like arn:aws:dynamodb:REGION"},
    "engine/notify.py": {"(arn:aws:sns:REGION", "(arn:aws:events:REGION"},
}


def _texts(tree: ast.Module) -> Iterator[str]:
    """All string constants, the parts of f-strings too, without docstrings."""
    documented = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documented:
            yield node.value


def test_no_code_writes_arns_of_one_partition() -> None:
    offenders: dict[str, list[str]] = {}
    seen = 0
    for path in sorted(ROOT.rglob("*.py")):
        name = path.relative_to(ROOT).as_posix()
        for text in _texts(ast.parse(path.read_text(encoding="utf-8"))):
            for _ in re.finditer(r"arn:aws:|arn:aws\b(?!\[)", text):
                seen += 1
                if not any(allowed in text for allowed in ALLOWED.get(name, ())):
                    offenders.setdefault(name, []).append(text)
    assert not offenders
    assert seen >= len(ALLOWED)
