"""A repository as teams have it: the tables of five teams, three environments in three accounts, one project file."""

from __future__ import annotations

from pathlib import Path

TEAMS = ("billing", "catalog", "growth", "identity", "orders")
ACCOUNTS = {"dev": "111111111111", "staging": "222222222222", "prod": "333333333333"}
REGION = "eu-west-1"

_PARTS = {
    "billing": "backup:\n  vault:\n    name: billing-${environment}\n  daily: {retention_days: 35}\n",
    "catalog": (
        "billing_mode: PROVISIONED\nread_capacity: 5\nwrite_capacity: 5\n"
        "autoscaling:\n  read: {min: 5, max: 100}\n  write: {min: 5, max: 100}\n"
    ),
    "growth": "ttl: {attribute: expires_at}\n",
    "identity": "iam:\n  read_only: true\n",
    "orders": "global_secondary_indexes:\n  - {name: by-customer, hash_key: customer_id}\n",
}
"""What the tables of each team have besides their keys."""


def write(folder: Path, tables: int) -> Path:
    """Write the repository into `folder`, which is made, and answer it; `tables`: of each team."""
    for team in TEAMS:
        (folder / "teams" / team).mkdir(parents=True)
        for number in range(1, tables + 1):
            (folder / "teams" / team / f"t{number:02}.yaml").write_text(table(team, number))
    (folder / "environments").mkdir()
    (folder / "environments" / "prod.yaml").write_text('table_name: "*"\ndeletion_protection: true\n')
    (folder / "dynaops.toml").write_text(project())
    return folder


def table(team: str, number: int) -> str:
    """The spec of one table: seven lines or so for all environments."""
    customer = ", customer_id: S" if team == "orders" else ""
    return (
        f"table_name: ${{environment}}-{team}-t{number:02}\n"
        f"hash_key: id\nattributes: {{id: S{customer}}}\n"
        f"{_PARTS[team]}tags: {{team: {team}}}\n"
    )


def project() -> str:
    """The project file: where the specs are, and how each environment is deployed."""
    lines = [
        'specs = ["teams/**/*.yaml"]',
        f'region = "{REGION}"',
        'default_tags = { managed-by = "dynaops" }',
    ]
    for name, account in ACCOUNTS.items():
        lines += [
            "",
            f"[environment.{name}]",
            f'account = "{account}"',
            f'regions = ["{REGION}"]',
            f'role_arn = "arn:aws:iam::{account}:role/deployer"',
            f'state = "s3://{bucket(name)}/shop/state.json"',
        ]
        if name == "prod":
            lines += ["protected = true", 'overlays = ["environments/prod.yaml"]']
    return "\n".join(lines) + "\n"


def bucket(environment: str) -> str:
    """The bucket of an environment's state."""
    return f"acme-{environment}-dynaops"
