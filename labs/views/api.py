"""The API's own page: every operation in words, without a script."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from labs.api import api, scope_of

GROUPS = ("events", "board", "teams", "quests", "scores", "packs", "leases", "accounts")


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """List every operation with its parameters and what its body takes."""
    schema = api.get_openapi_schema()
    groups: dict[str, list[dict[str, Any]]] = {name: [] for name in GROUPS}
    for operation in api.operations():
        path = f"/api/v1/{operation.path.lstrip('/')}"
        for method in operation.methods:
            described = schema["paths"][path][method.lower()]
            groups[described["tags"][0]].append(
                {
                    "id": described["operationId"],
                    "method": method,
                    "path": path,
                    "says": described["description"],
                    "scope": scope_of(operation),
                    "takes": [*_parameters(described), *_fields(schema, described)],
                }
            )
    return render(request, "labs/api.html", {"groups": groups})


def _parameters(described: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "name": each["name"],
            "where": each["in"],
            "required": each["required"],
            "says": each.get("description", ""),
        }
        for each in described["parameters"]
        if each["in"] == "query"
    ]


def _fields(schema: dict[str, Any], described: dict[str, Any]) -> list[dict[str, Any]]:
    if "requestBody" not in described:
        return []
    body = described["requestBody"]["content"]["application/json"]["schema"]
    name = body["$ref"].rpartition("/")[2]
    found = schema["components"]["schemas"][name]
    required = found.get("required", [])
    return [
        {"name": field, "where": "body", "required": field in required, "says": each.get("description", "")}
        for field, each in found["properties"].items()
    ]
