"""The rules that DynamoDB has for attribute values, items and keys, applied to items of specs and of loaded files.

The sandbox does not use this package: it checks requests with code of its own (`dynaops/sandbox/dynamodb/values.py`
and `numbers.py`), so that tests against it can find a mistake made here.
"""
