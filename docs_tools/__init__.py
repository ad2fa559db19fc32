"""Generators of the reference pages in docs/; not part of the installed package."""
