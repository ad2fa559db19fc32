"""Application Auto Scaling of DynamoDB tables and indexes, in the sandbox's own world.

Other services' scalable targets go on to moto. `dynaops.sandbox.services` registers the handlers of this package; the
package itself loads nothing, because DynamoDB's own files look into `model` and `targets`.
"""
