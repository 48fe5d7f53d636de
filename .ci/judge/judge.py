"""Finds what the APIs would refuse in a template."""
from __future__ import annotations

from typing import Iterator

import botocore.session
from resources import API, NO_API, Operation
from shapes import check, member_of
from values import resolve


class Judge:
    def __init__(self) -> None:
        self._session = botocore.session.get_session()
        self._services: dict = {}
        self._count = 0

    def findings(self, template: dict) -> list[str]:
        parameters = template.get("Parameters", {})
        found = []
        for logical_id, resource in template.get("Resources", {}).items():
            properties = resolve(resource.get("Properties", {}), parameters)
            self._count += leaves(properties)
            for path, value, rule in self._resource(resource["Type"], properties):
                got = "" if value is None else f" = {str(value)[:200]}"
                found.append(f"{logical_id} ({resource['Type']}) {path}{got}: {rule}")
        return found

    def take_count(self) -> int:
        """How many values were checked since it was asked last."""
        count, self._count = self._count, 0
        return count

    def _resource(self, type_name: str, properties: dict) -> Iterator[tuple]:
        if type_name in NO_API or type_name.startswith("Custom::"):
            return
        api = API.get(type_name)
        if api is None:
            yield "Type", type_name, "no operation is known for it: add one to .ci/judge/resources.py"
            return
        main = self._shape(api.service, api.operation)
        sent = set(api.generated)
        for name, value in properties.items():
            operation = api.elsewhere.get(name, Operation(member=name))
            shape = self._shape(api.service, operation.name or api.operation)
            member = member_of(shape, operation.member)
            if operation.name is None and member is not None:
                sent.add(member)
            if operation.member == "":
                continue
            if member is None:
                yield name, value, f"{shape.name} has no such member"
                continue
            for converted in operation.convert(value):
                yield from check(shape.members[member], converted, name)
        for member in main.required_members:
            if member not in sent:
                yield member, None, f"{main.name} requires it"

    def _shape(self, service: str, operation: str):
        if service not in self._services:
            self._services[service] = self._session.get_service_model(service)
        return self._services[service].operation_model(operation).input_shape


def leaves(value) -> int:
    if isinstance(value, dict):
        return sum(leaves(item) for item in value.values())
    return sum(leaves(item) for item in value) if isinstance(value, list) else 1
