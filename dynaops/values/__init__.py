"""What DynamoDB takes as an attribute value, an item and a key, for the rows of specs and of loaded files.

The sandbox does not use this package: it checks requests with code of its own (`dynaops/sandbox/dynamodb/values.py`
and `numbers.py`), so that tests against it can find a mistake made here.
"""
