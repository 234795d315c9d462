"""What no published evidence settles about Port: our choices, to be corrected in this one place.

Clients must branch on the HTTP status (and `not_found`) alone; the names are ours.
"""

# Machine names of errors. Port publishes `not_found` only.
UNAUTHORIZED = "unauthorized"
INVALID_REQUEST = "invalid_request"
ALREADY_EXISTS = "identifier_taken"
TOO_LARGE = "payload_too_large"
TOO_MANY = "too_many_requests"
HAS_DEPENDENTS = "has_dependents"
HAS_ENTITIES = "blueprint_has_entities"
UNKNOWN_TARGET = "relation_target_not_found"

# HTTP statuses.
BAD_JSON_STATUS = 422
EXISTS_STATUS = 409  # POST of a blueprint, an integration, an entity with upsert=false
DEPENDENTS_STATUS = 422  # a deletion that would leave a required relation without its target
HAS_ENTITIES_STATUS = 422
UNKNOWN_TARGET_STATUS = 422
PARTLY_STATUS = 207  # a bulk upsert with any error, also when every entity failed
UPDATED_STATUS = 200  # POST of one entity that was there already; a created one is 201

# RateLimits that the specification does not name.
INTEGRATION_IDENTIFIER_LENGTH = 200
LISTING_PAGE = 5000  # what Ocean asks for; more is refused

# A new integration's state before its first resync; null would break Ocean's Kafka filter.
FIRST_RESYNC_STATE: dict[str, object] = {}
# An entity made because a relation names it is stamped with the User-Agent of that write.
STUBS_ARE_STAMPED = True
# The integration's change message says KAFKA whatever the integration asked for: Ocean wants it,
# and `changelogDestination` is going away.
CHANGELOG_DESTINATION = {"type": "KAFKA"}
# A PATCH whose mapping equals the stored one asks for no resync; other changes are logged.
# A property that is null counts as absent; unknown properties and relations are refused; formats
# other than date-time, url, email, ipv4 and ipv6 are not looked at.
# Entities of one bulk call are stored in order: a later one is not there yet for an earlier one.
# PATCH of a blueprint replaces each top-level key that it names.
