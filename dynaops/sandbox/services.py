"""Imports every service that the sandbox extends, which registers all handlers and scheduled actions."""

from __future__ import annotations

import dynaops.sandbox.autoscaling.bounds
import dynaops.sandbox.autoscaling.policies
import dynaops.sandbox.autoscaling.schedules
import dynaops.sandbox.autoscaling.tags
import dynaops.sandbox.autoscaling.targets
import dynaops.sandbox.aws_policies
import dynaops.sandbox.backup
import dynaops.sandbox.dynamodb
import dynaops.sandbox.iam
import dynaops.sandbox.lambdas
import dynaops.sandbox.logs
import dynaops.sandbox.pipes  # noqa: F401
