"""Realistic inputs: the converted specs are valid, applied, and then leave nothing to do."""

from __future__ import annotations

import pytest

from tests.companions.bench import Bench
from tests.convert.converted import conversion, lost

PARAMETERS = {"Handler886CB40B": "cdk-handler"}
TABLES = {
    "terraform/module.tf": ["music-staging-songs", "music-staging-plays"],
    "terraform/resources.tf": ["orders"],
    "terraform/sessions.tfvars": ["sessions"],
    "terraform/terraform.tfstate": ["carts"],
    "terraform/plan.json": ["alerts"],
    "cloudformation/shop.yaml": ["prod-baskets"],
    "cloudformation/cdk.template.json": ["cdk-orders"],
    "cloudformation/sam.yaml": ["votes", "sensors"],
    "cloudformation/global.yaml": ["profiles"],
}
LOST = {
    "terraform/module.tf": {"module.songs.timeouts", "module.vpc"},
    "terraform/resources.tf": {"aws_lambda_function (worker)"},
    "terraform/sessions.tfvars": {"dax_cluster_size"},
    "terraform/terraform.tfstate": {"aws_s3_bucket (aws_s3_bucket.assets)"},
    "terraform/plan.json": set(),
    "cloudformation/shop.yaml": {"DevOnly", "AWS::SNS::Topic (Topic)"},
    "cloudformation/cdk.template.json": {
        "AWS::IAM::Role (HandlerServiceRoleFCDC14AE)",
        "AWS::Lambda::Function (Handler886CB40B)",
        "AWS::CDK::Metadata (CDKMetadata)",
    },
    "cloudformation/sam.yaml": {"Count"},
    "cloudformation/global.yaml": set(),
}


@pytest.mark.parametrize("file", TABLES)
def test_a_converted_spec_is_applied_and_then_planned_empty(surroundings: Bench, file: str) -> None:
    made = conversion(file, **PARAMETERS)
    assert [one.table for one in made.specs] == TABLES[file]
    assert not [one.findings for one in made.specs if one.findings]
    assert set(lost(made)) == LOST[file]
    surroundings.client("kinesis").create_stream(StreamName="alerts", ShardCount=1)
    surroundings.apply(*(one.spec for one in made.specs))


@pytest.mark.parametrize("file", TABLES)
def test_notes_say_where(file: str) -> None:
    notes = conversion(file, **PARAMETERS).notes
    assert bool(notes) is bool(LOST[file])
    for note in notes:
        assert f"inputs/{file}" in note.where.place
        assert note.where.place[-1].isdigit() or file.endswith((".tfstate", "plan.json"))
