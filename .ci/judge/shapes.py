"""Checks values against the shapes of an API's model."""
from __future__ import annotations

import json
import re
from typing import Any, Iterator, Tuple

from values import Unknown, json_of, text_of

Finding = Tuple[str, Any, str]
"""Path of the property, its value, the rule that it breaks."""

INTEGERS = ("integer", "long")
NUMBERS = ("float", "double")


def member_of(shape, name: str) -> str | None:
    """CloudFormation writes names in PascalCase; some APIs begin them in lower case."""
    if name in shape.members:
        return name
    return next((member for member in shape.members if member.lower() == name.lower()), None)


def check(shape, value, path: str) -> Iterator[Finding]:
    """What is wrong with a value, and with all that it holds."""
    kind = shape.type_name
    if isinstance(value, Unknown):
        yield from check_unknown(shape, value, path)
    elif kind == "structure":
        yield from check_structure(shape, value, path)
    elif kind == "list":
        yield from check_list(shape, value, path)
    elif kind == "map":
        yield from check_map(shape, value, path)
    else:
        yield from check_scalar(shape, value, path)


def check_unknown(shape, value: Unknown, path: str) -> Iterator[Finding]:
    most = shape.metadata.get("max")
    if shape.type_name == "string" and most is not None and value.known_length > most:
        yield path, value.text, f"at most {most} characters, {value.known_length} are known already"
    if shape.type_name == "string" and is_document(path):
        yield from check_document(value, path)


def check_structure(shape, value, path: str) -> Iterator[Finding]:
    if not isinstance(value, dict):
        yield path, value, "an object"
        return
    given = {name: member_of(shape, name) for name in value}
    for name, member in given.items():
        where = f"{path}.{name}"
        if member is None:
            yield where, value[name], f"{shape.name} has no such member"
        else:
            yield from check(shape.members[member], value[name], where)
    for member in shape.required_members:
        if member not in given.values():
            yield f"{path}.{member}", None, f"{shape.name} requires it"


def check_list(shape, value, path: str) -> Iterator[Finding]:
    if not isinstance(value, list):
        yield path, value, "a list"
        return
    yield from check_size(shape, len(value), "entries", value, path)
    for index, item in enumerate(value):
        yield from check(shape.member, item, f"{path}[{index}]")


def check_map(shape, value, path: str) -> Iterator[Finding]:
    if not isinstance(value, dict):
        yield path, value, "a map"
        return
    yield from check_size(shape, len(value), "entries", value, path)
    for name, item in value.items():
        yield from check(shape.key, name, f"{path} key")
        yield from check(shape.value, item, f"{path}.{name}")


def check_scalar(shape, value, path: str) -> Iterator[Finding]:
    kind = shape.type_name
    if kind in INTEGERS or kind in NUMBERS:
        yield from check_number(shape, value, path)
    elif kind == "boolean":
        # CloudFormation takes both for a boolean.
        if not isinstance(value, bool) and value not in ("true", "false"):
            yield path, value, "true or false"
    elif kind == "string":
        yield from check_string(shape, value, path)
    elif not isinstance(value, str):
        yield path, value, f"text ({kind})"


def check_number(shape, value, path: str) -> Iterator[Finding]:
    pattern = r"-?\d+" if shape.type_name in INTEGERS else r"-?\d+(\.\d+)?([eE][-+]?\d+)?"
    # CloudFormation takes a number as text.
    if isinstance(value, (bool, dict, list)) or not re.fullmatch(pattern, str(value)):
        yield path, value, shape.type_name
        return
    yield from check_size(shape, float(value), "", value, path)


def check_string(shape, value, path: str) -> Iterator[Finding]:
    if isinstance(value, (dict, list)):
        if not is_document(path):
            yield path, value, "text"
            return
        # CloudFormation sends a document as text.
        value = json_of(value)
        if isinstance(value, Unknown):
            yield from check_unknown(shape, value, path)
            return
    text = text_of(value)
    if is_document(path):
        yield from check_document(text, path)
    yield from check_size(shape, len(text), "characters", text, path)
    allowed = shape.metadata.get("enum", [])
    if allowed and text not in allowed:
        yield path, text, f"one of {', '.join(allowed)}"
    pattern = compiled(shape.metadata.get("pattern"))
    if pattern is not None and not pattern.fullmatch(text):
        yield path, text, f"must match {pattern.pattern}"


def check_size(shape, size: float, unit: str, value, path: str) -> Iterator[Finding]:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None and size < least:
        yield path, value, f"at least {least} {unit}".strip()
    if most is not None and size > most:
        yield path, value, f"at most {most} {unit}".strip()


def is_document(path: str) -> bool:
    return re.search(r"(PolicyDocument(\.Policy)?|KeyPolicy|DashboardBody)$", path) is not None


def check_document(value, path: str) -> Iterator[Finding]:
    try:
        json.loads(value.text if isinstance(value, Unknown) else value)
    except ValueError as error:
        yield path, text_of(value), f"JSON: {error}"


def compiled(pattern: str | None):
    """The models' patterns are Java's: the few that Python does not read are not checked."""
    try:
        return None if pattern is None else re.compile(pattern)
    except re.error:
        return None
