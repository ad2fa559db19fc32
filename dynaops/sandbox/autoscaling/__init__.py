"""Application Auto Scaling of DynamoDB tables and indexes, in the sandbox's own world.

Calls for scalable targets of other services are passed to moto. `dynaops.sandbox.services` registers the handlers
of this package; the
package itself imports nothing, because DynamoDB's own modules import `model` and `targets`.
"""
