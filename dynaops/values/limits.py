"""DynamoDB's limits for values, items and keys.

Sources, all in the DynamoDB Developer Guide: "Supported data types and naming rules in Amazon DynamoDB" (numbers),
"Quotas in Amazon DynamoDB", sections "Items", "Attributes" and "Partition keys and sort keys".
"""

from __future__ import annotations

MOST_DIGITS = 38
"""Significant digits of a number."""
HIGHEST, LOWEST = 125, -130
"""Powers of ten of a number's first digit."""
SMALLEST, LARGEST = 1e-130, 1e126
"""Doubles from SMALLEST to below LARGEST are numbers that DynamoDB can hold."""
MOST_LEVELS = 32
"""How deep a value may nest, the attribute itself included."""
MOST_ITEM_BYTES = 400 * 1024
"""Of an item, its attribute names included."""
MOST_HASH_BYTES, MOST_RANGE_BYTES = 2048, 1024
"""Of the value of a partition key and of a sort key."""
