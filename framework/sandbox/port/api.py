"""Every route of the local Port: method, path, handler, and the rate limit that it counts for."""

from collections.abc import Callable

from framework.sandbox.port import (
    authentication,
    blueprints,
    deletion,
    entities,
    integrations,
    organization,
    ownership,
)
from framework.sandbox.port.calls import Answer, Call
from framework.sandbox.port.local_port import LocalPort
from framework.sandbox.port.rate_limits import BULK, ENTITIES, OTHER, SINGLE, UNAUTHENTICATED

Handler = Callable[[LocalPort, Call], Answer]

BLUEPRINT = "/v1/blueprints/{blueprint}"
ENTITY = BLUEPRINT + "/entities/{identifier}"
INTEGRATION = "/v1/integration/{identifier}"
ROUTES: tuple[tuple[str, str, Handler, str], ...] = (
    ("POST", "/v1/auth/access_token", authentication.give_token, UNAUTHENTICATED),
    ("GET", "/v1/organization", organization.get, OTHER),
    ("GET", "/v1/kafka-credentials", organization.get_kafka_credentials, OTHER),
    ("GET", "/v1/integration", integrations.listing, OTHER),
    ("POST", "/v1/integration", integrations.create, OTHER),
    ("GET", INTEGRATION, integrations.get, OTHER),
    ("PATCH", INTEGRATION, integrations.update, OTHER),
    ("DELETE", INTEGRATION, integrations.delete, OTHER),
    ("PATCH", INTEGRATION + "/config", integrations.update_config, OTHER),
    ("PATCH", INTEGRATION + "/resync-state", integrations.update_resync_state, OTHER),
    ("POST", "/v1/blueprints/entities/datasource-entities", ownership.listing, ENTITIES),
    ("GET", "/v1/blueprints", blueprints.listing, OTHER),
    ("POST", "/v1/blueprints", blueprints.create, OTHER),
    ("GET", BLUEPRINT, blueprints.get, OTHER),
    ("PUT", BLUEPRINT, blueprints.replace, OTHER),
    ("PATCH", BLUEPRINT, blueprints.update, OTHER),
    ("DELETE", BLUEPRINT, blueprints.delete, OTHER),
    ("GET", BLUEPRINT + "/entities-count", entities.count, ENTITIES),
    ("GET", BLUEPRINT + "/entities", entities.listing, ENTITIES),
    ("POST", BLUEPRINT + "/entities", entities.create, SINGLE),
    ("POST", BLUEPRINT + "/entities/bulk", entities.create_many, BULK),
    ("POST", BLUEPRINT + "/bulk/entities/delete", deletion.delete_many, ENTITIES),
    ("GET", ENTITY, entities.get, ENTITIES),
    ("DELETE", ENTITY, deletion.delete, ENTITIES),
)
