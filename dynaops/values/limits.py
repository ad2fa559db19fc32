"""DynamoDB's limits for values, items and keys.

Sources, all in the DynamoDB Developer Guide: "Supported data types and naming rules in Amazon DynamoDB" (numbers),
"Quotas in Amazon DynamoDB", sections "Items", "Attributes" and "Partition keys and sort keys".
"""

from __future__ import annotations

MOST_DIGITS = 38
"""Significant digits of a number."""
HIGHEST, LOWEST = 125, -130
"""The highest and lowest power of ten that a number's first digit can have."""
SMALLEST, LARGEST = 1e-130, 1e126
"""A double from SMALLEST to just below LARGEST is a number that DynamoDB can store."""
MOST_LEVELS = 32
"""The highest number of nesting levels of an attribute; the attribute itself is the first."""
MOST_ITEM_BYTES = 400 * 1024
"""The largest size of an item in bytes, its attribute names included."""
MOST_HASH_BYTES, MOST_RANGE_BYTES = 2048, 1024
"""The largest size in bytes of the value of a partition key and of a sort key."""
