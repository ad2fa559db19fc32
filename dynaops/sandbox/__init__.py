"""The embedded AWS: moto extended until it obeys AWS's real rules."""
