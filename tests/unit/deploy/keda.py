"""The part of KEDA's fields that the project uses, as a schema that knows no others.

Source: https://keda.sh/docs/latest/reference/scaledobject-spec/, the pages of its Redis lists and
PostgreSQL scalers, and https://keda.sh/docs/latest/concepts/authentication/.
"""

from __future__ import annotations

from typing import Any


def closed(required: dict[str, Any], optional: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return the schema of an object that has these fields and no other."""
    properties = {**required, **(optional or {})}
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


TEXT = {"type": "string", "minLength": 1}
COUNT = {"type": "integer", "minimum": 0}
POSITIVE = {"type": "integer", "minimum": 1}
NUMBER_AS_TEXT = {"type": "string", "pattern": "^[0-9]+$"}
METADATA = closed({"name": TEXT})

_POLICY = closed(
    {"type": {"enum": ["Pods", "Percent"]}, "value": POSITIVE, "periodSeconds": POSITIVE}
)
_RULES = closed(
    {"stabilizationWindowSeconds": COUNT, "policies": {"type": "array", "items": _POLICY}}
)
_REDIS = closed(
    {
        "address": {"type": "string", "pattern": r"^[a-z.-]+:\d+$"},
        "databaseIndex": NUMBER_AS_TEXT,
        "listName": TEXT,
        "listLength": NUMBER_AS_TEXT,
    }
)
_POSTGRESQL = closed(
    {
        "host": TEXT,
        "port": NUMBER_AS_TEXT,
        "userName": TEXT,
        "dbName": TEXT,
        "sslmode": {"enum": ["disable", "require", "verify-ca", "verify-full"]},
        "query": TEXT,
        "targetQueryValue": NUMBER_AS_TEXT,
    }
)


def _trigger(name: str, metadata: dict[str, Any]) -> dict[str, Any]:
    return closed({"type": {"const": name}, "metadata": metadata, "authenticationRef": METADATA})


SCALED_OBJECT = closed(
    {
        "apiVersion": {"const": "keda.sh/v1alpha1"},
        "kind": {"const": "ScaledObject"},
        "metadata": METADATA,
        "spec": closed(
            {
                "scaleTargetRef": METADATA,
                "minReplicaCount": COUNT,
                "maxReplicaCount": POSITIVE,
                "pollingInterval": POSITIVE,
                "cooldownPeriod": COUNT,
                "triggers": {
                    "type": "array",
                    "minItems": 1,
                    "items": {
                        "oneOf": [_trigger("redis", _REDIS), _trigger("postgresql", _POSTGRESQL)]
                    },
                },
            },
            {
                "advanced": closed(
                    {
                        "horizontalPodAutoscalerConfig": closed(
                            {"behavior": closed({"scaleUp": _RULES, "scaleDown": _RULES})}
                        )
                    }
                ),
                "fallback": closed(
                    {
                        "failureThreshold": POSITIVE,
                        "replicas": COUNT,
                        "behavior": {
                            "enum": [
                                "static",
                                "currentReplicas",
                                "currentReplicasIfHigher",
                                "currentReplicasIfLower",
                            ]
                        },
                    }
                ),
            },
        ),
    }
)

TRIGGER_AUTHENTICATION = closed(
    {
        "apiVersion": {"const": "keda.sh/v1alpha1"},
        "kind": {"const": "TriggerAuthentication"},
        "metadata": METADATA,
        "spec": closed(
            {
                "secretTargetRef": {
                    "type": "array",
                    "minItems": 1,
                    "items": closed({"parameter": TEXT, "name": TEXT, "key": TEXT}),
                }
            }
        ),
    }
)
