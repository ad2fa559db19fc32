"""Mutation tests: the code is changed in small ways, and the tests that execute the changed line have to fail."""
