"""What a bare pool of boto3 threads takes for the same tables: scale_pool.py create|check COUNT WORKERS.

It knows no state, no plan and no other calls than it must make, so nothing that does more can be faster by much.
"""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor

import boto3
from botocore.config import Config


def main() -> None:
    """Create the tables and wait for them, or read what a comparison would need."""
    job, count, workers = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    config = Config(account_id_endpoint_mode="disabled", max_pool_connections=workers)
    client = boto3.client("dynamodb", config=config)

    def create(name: str) -> None:
        client.create_table(
            TableName=name,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": one, "AttributeType": "S"} for one in ("id", "email")],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            GlobalSecondaryIndexes=[
                {
                    "IndexName": "by-email",
                    "KeySchema": [{"AttributeName": "email", "KeyType": "HASH"}],
                    "Projection": {"ProjectionType": "ALL"},
                }
            ],
            Tags=[{"Key": "team", "Value": "accounts"}, {"Key": "stage", "Value": "benchmark"}],
        )
        while client.describe_table(TableName=name)["Table"]["TableStatus"] != "ACTIVE":
            pass

    def check(name: str) -> None:
        table = client.describe_table(TableName=name)["Table"]
        client.list_tags_of_resource(ResourceArn=table["TableArn"])
        client.describe_time_to_live(TableName=name)
        client.describe_continuous_backups(TableName=name)

    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(create if job == "create" else check, (f"table-{at:04d}" for at in range(count))))


if __name__ == "__main__":
    main()
