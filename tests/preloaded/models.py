"""botocore's descriptions of AWS, read and prepared once for all sessions and clients of a process.

Each botocore session reads endpoints.json and the models of its services anew, and each client makes its methods and
its shapes anew: about 0.2 s for each of the hundreds of sessions that tests make. Nothing of it differs between them.
"""

from __future__ import annotations

import functools
from typing import Any

from botocore import loaders
from botocore.client import ClientCreator
from botocore.hooks import EventAliaser
from botocore.model import ServiceModel


@functools.cache
def share() -> None:
    """Let all sessions of this process share what depends on nothing but botocore's files."""
    loaders.create_loader = functools.cache(loaders.create_loader)
    creator: Any = ClientCreator
    aliaser: Any = EventAliaser
    load, make_methods, alias = (
        creator._load_service_model,
        creator._create_methods,
        aliaser._alias_event_name,
    )
    models: dict[tuple[str, str | None], ServiceModel] = {}
    methods: dict[ServiceModel, dict[str, Any]] = {}
    aliases: dict[str, str] = {}

    def shared_model(self: Any, service_name: str, api_version: str | None = None) -> ServiceModel:
        key = (service_name, api_version)
        if key not in models:
            models[key] = load(self, service_name, api_version)
        return models[key]

    def shared_methods(self: Any, service_model: ServiceModel) -> dict[str, Any]:
        if service_model not in methods:
            methods[service_model] = make_methods(self, service_model)
        return dict(methods[service_model])

    def shared_alias(self: Any, event_name: str) -> str:
        if event_name not in aliases:
            aliases[event_name] = alias(self, event_name)
        return aliases[event_name]

    creator._load_service_model = shared_model
    creator._create_methods = shared_methods
    aliaser._alias_event_name = shared_alias
