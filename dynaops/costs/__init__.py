"""Prices: AWS's price list or the table that comes with dynaops, and what a plan's quantities cost at them."""
