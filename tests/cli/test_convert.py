"""convert on the command line: specs on stdout or in files, what was lost beside them, and exit codes."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import pytest

from dynaops.model.exits import Exit
from tests.cli.running import Cli
from tests.convert.converted import INPUTS
from tests.views.drawing import check_snapshot

STATE = INPUTS / "terraform" / "terraform.tfstate"
SHOP = INPUTS / "cloudformation" / "shop.yaml"


def test_specs_are_printed_and_the_rest_is_told_beside_them(cli: Cli, here: Path) -> None:
    result = cli("convert", STATE)
    assert result.code == Exit.OK
    assert result.out.startswith("# Converted from ")
    assert "aws_s3_bucket" not in result.out
    assert "Not carried over" in result.err and "aws_s3_bucket" in result.err
    (here / "specs").mkdir()
    (here / "specs" / "carts.yaml").write_text(result.out)
    assert cli("validate").code == Exit.OK


def test_files_are_written_and_never_overwritten(cli: Cli, here: Path) -> None:
    result = cli("--region", "eu-west-1", "convert", STATE, SHOP, "--out", "specs")
    assert result.code == Exit.OK
    assert sorted(one.name for one in (here / "specs").iterdir()) == ["carts.yaml", "prod-baskets.yaml"]
    shown = result.out.replace(INPUTS.as_posix(), "inputs")
    check_snapshot(Path(__file__).parent, "convert", shown)
    assert cli("validate").code == Exit.OK
    before = (here / "specs" / "carts.yaml").read_text()
    again = cli("convert", STATE, "--out", "specs")
    assert again.code == Exit.FAILED
    assert "specs/carts.yaml exists already" in again.err
    assert (here / "specs" / "carts.yaml").read_text() == before


def test_one_document_for_programs(cli: Cli) -> None:
    found = cli("convert", STATE, "--json").json
    assert [one["table"] for one in found["specs"]] == ["carts"]
    assert found["specs"][0]["spec"]["hash_key"] == "cart_id"
    assert [one["what"] for one in found["not_carried_over"]] == ["aws_s3_bucket (aws_s3_bucket.assets)"]


def test_strict_is_for_pipelines(cli: Cli) -> None:
    assert cli("convert", STATE, "--strict").code == Exit.WARNINGS
    assert cli("convert", INPUTS / "terraform" / "plan.json", "--strict").code == Exit.OK


def test_a_spec_that_is_not_valid_is_written_with_what_is_wrong(cli: Cli, here: Path) -> None:
    (here / "t.tfvars").write_text('table_name = "users"\nhash_key = "id"\nattributes = { id = "X" }\n')
    result = cli("convert", "t.tfvars", "--out", "specs")
    assert result.code == Exit.FAILED
    assert "users is not valid: comments in it say what is wrong" in result.out
    written = (here / "specs" / "users.yaml").read_text().splitlines()
    place = next(number for number, text in enumerate(written) if "id: X" in text)
    assert written[place - 1].strip().startswith("# not valid (SPEC"), written
    assert "t.tfvars:" in written[place - 1]
    assert cli("validate").code == Exit.FAILED


def test_a_wrong_value_of_a_template_is_marked_with_its_own_line(cli: Cli, here: Path) -> None:
    """The finding's code, and file and line of the very value, stand above it; in what is printed, too."""
    (here / "t.yaml").write_text(
        "Resources:\n  T:\n    Type: AWS::DynamoDB::Table\n    Properties:\n      TableName: users\n"
        "      BillingMode: PAY_PER_REQUEST\n      KeySchema: [{AttributeName: id, KeyType: HASH}]\n"
        "      AttributeDefinitions: [{AttributeName: id, AttributeType: S}]\n"
        "      PointInTimeRecoverySpecification:\n        PointInTimeRecoveryEnabled: true\n"
        "        RecoveryPeriodInDays: 99\n"
    )
    result = cli("convert", "t.yaml")
    assert result.code == Exit.FAILED
    lines = result.out.splitlines()
    place = next(number for number, text in enumerate(lines) if "recovery_period_days: 99" in text)
    assert "t.yaml:11:" in lines[place - 1] and "(SPEC" in lines[place - 1]


def test_a_name_that_is_no_file_name_stays_within_the_folder(cli: Cli, here: Path) -> None:
    (here / "t.tfvars").write_text('table_name = "../../evil"\nhash_key = "id"\nattributes = { id = "S" }\n')
    assert cli("convert", "t.tfvars", "--out", "specs").code == Exit.FAILED
    assert [one.name for one in (here / "specs").iterdir()] == ["__.._evil.yaml"]
    assert not list(here.parent.glob("*evil*"))


@pytest.mark.parametrize(
    "name", ["serverless/serverless.yml", "ack/tables.yaml", "crossplane/tables.yaml", "cdk/cdk.out"]
)
def test_other_tools_files_become_specs_that_validate(cli: Cli, here: Path, name: str) -> None:
    result = cli("convert", INPUTS / name, "--out", "specs")
    assert result.code == Exit.OK
    files = sorted(one.name for one in (here / "specs").iterdir())
    assert files
    code = cli("validate", "specs", "--var", "Songs_Tags_0_Value=me").code
    assert code == Exit.OK
    strict = cli("convert", INPUTS / name, "--strict")
    assert strict.code == (Exit.OK if name.startswith("cdk") else Exit.WARNINGS)


def test_a_loop_that_cannot_be_expanded_is_listed_and_strict_fails(cli: Cli, here: Path) -> None:
    (here / "t.yaml").write_text(
        "Transform: AWS::LanguageExtensions\nParameters: {Names: {Type: CommaDelimitedList}}\nResources:\n"
        "  Fn::ForEach::Tables:\n    - Name\n    - !Ref Names\n"
        "    - 'T${Name}': {Type: AWS::DynamoDB::Table, Properties: {TableName: !Ref Name}}\n"
    )
    result = cli("convert", "t.yaml", "--strict")
    assert result.code != Exit.OK
    assert "Fn::ForEach::Tables" in result.err and "t.yaml:4:3" in result.err
    found = cli("convert", "t.yaml", "--json").json
    assert found["resources"] == {"listed": 1}


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("x.json", "{}", "what is this?"),
        ("x.json", "{", "x.json:1:2: error: this is not JSON"),
        ("x.json", "{}", "what is this?"),
        ("x.tfstate", '{"version": 3, "resources": [], "serial": 1}', "a Terraform state of version 3"),
        ("x.yaml", "Resources:\n  a: b: c\n", "x.yaml:2:7"),
        ("x.yaml", "Resources: {}\n", "there is no DynamoDB table in it"),
        ("x.tf", "resource {", "not valid HCL"),
        ("x.tfvars", "a = [", "not valid HCL"),
    ],
)
def test_bad_input_is_said_in_a_sentence(cli: Cli, here: Path, name: str, text: str, said: str) -> None:
    (here / name).write_text(text)
    result = cli("convert", name)
    assert result.code == Exit.FAILED
    assert said in result.err
    assert "Traceback" not in result.err


def test_files_that_cannot_be_read(cli: Cli, here: Path) -> None:
    assert "there is no such file" in cli("convert", "nowhere.tf").err
    (here / "empty").mkdir()
    assert "no files to convert" in cli("convert", "empty").err
    (here / "b.tf").write_bytes(b"\xff\xfe\x00")
    assert "not UTF-8" in cli("convert", "b.tf").err
    assert "NAME=VALUE" in cli("convert", STATE, "--parameter", "x").err


def test_it_works_offline(here: Path) -> None:
    """No AWS library is imported: there is nothing to ask."""
    program = (
        "import sys\n"
        "from dynaops.cli.main import main\n"
        f"code = main(['convert', {str(STATE)!r}, '--out', 'specs'])\n"
        "sys.exit(str([one for one in ('boto3', 'botocore', 'moto') if one in sys.modules] or '') or code)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=here, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_stdin(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(STATE.read_bytes())))
    result = cli("convert", "-")
    assert result.code == Exit.OK
    assert "table_name: carts" in result.out
