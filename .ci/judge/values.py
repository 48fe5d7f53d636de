"""What is known of a template's values before it is deployed."""
from __future__ import annotations

import json
import re
from dataclasses import dataclass

PSEUDO = {
    "AWS::AccountId": "123456789012",
    "AWS::Partition": "aws",
    "AWS::Region": "us-east-1",
    "AWS::URLSuffix": "amazonaws.com",
}


@dataclass(frozen=True)
class Unknown:
    """A value that only the deployment knows."""

    text: str | None = None
    """Where it is text: as it is known, with `?` for each part that is not."""

    @property
    def known_length(self) -> int:
        return len((self.text or "").replace("?", ""))


class Absent:
    """`AWS::NoValue`: the property is not set."""


ABSENT = Absent()


def resolve(value, parameters: dict):
    """The value with its intrinsic functions resolved as far as they can be."""
    if isinstance(value, list):
        return [item for item in (resolve(item, parameters) for item in value) if item is not ABSENT]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        ((name, argument),) = value.items()
        if name == "Ref":
            return reference(argument, parameters)
        if name == "Fn::Join":
            separator, parts = argument
            return joined(separator, resolve(parts, parameters))
        if name == "Fn::Sub":
            return substituted(argument, parameters)
        if name.startswith("Fn::"):
            return Unknown()
    members = {name: resolve(member, parameters) for name, member in value.items()}
    return {name: member for name, member in members.items() if member is not ABSENT}


def reference(name: str, parameters: dict):
    if name == "AWS::NoValue":
        return ABSENT
    if name in PSEUDO:
        return PSEUDO[name]
    parameter = parameters.get(name, {})
    # The default of an SSM parameter is its name.
    if "Default" in parameter and not parameter["Type"].startswith("AWS::SSM::"):
        return parameter["Default"]
    return Unknown()


def joined(separator: str, parts):
    if isinstance(parts, Unknown):
        return Unknown("?")
    texts = [text_of(part) for part in parts]
    text = separator.join(texts)
    return Unknown(text) if any(isinstance(part, Unknown) for part in parts) else text


def substituted(argument, parameters: dict):
    template, given = argument if isinstance(argument, list) else (argument, {})
    values = {name: resolve(value, parameters) for name, value in given.items()}
    pieces = re.split(r"\$\{([^}]+)\}", template)
    # `${!Name}` is text, and `${Resource.Attribute}` a GetAtt.
    for index in range(1, len(pieces), 2):
        name = pieces[index]
        pieces[index] = f"${{{name[1:]}}}" if name.startswith("!") else values.get(name, reference(name, parameters))
    return joined("", pieces)


def text_of(value) -> str:
    if isinstance(value, Unknown):
        return value.text or "?"
    return str(value).lower() if isinstance(value, bool) else str(value)


def json_of(value):
    """A document as CloudFormation sends it; Unknown where it holds something that is."""
    holds_unknown = False

    def unknown_text(part):
        nonlocal holds_unknown
        holds_unknown = True
        return part.text or "?"

    text = json.dumps(value, default=unknown_text, separators=(",", ":"))
    return Unknown(text) if holds_unknown else text
