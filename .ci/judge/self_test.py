"""The judge must find errors that were put into a good template, and nothing else."""
from __future__ import annotations

import copy
import sys
from typing import NamedTuple


class Mistake(NamedTuple):
    type: str
    property: str
    value: object
    """None: the property is taken away."""
    rule: str
    """How the rule begins."""


MISTAKES = (
    Mistake("AWS::CloudWatch::Alarm", "ComparisonOperator", "GreaterThan", "one of GreaterThanOrEqualToThreshold,"),
    Mistake("AWS::Lambda::Function", "MemorySize", 64, "at least 128"),
    Mistake("AWS::Lambda::Function", "Description", "x" * 257, "at most 256 characters"),
    Mistake("AWS::Lambda::Permission", "Action", "invoke it", "must match "),
    Mistake("AWS::ApiGatewayV2::Api", "Colour", "red", "CreateApiRequest has no such member"),
    Mistake("AWS::ApiGatewayV2::Integration", "TimeoutInMillis", "30s", "integer"),
    Mistake("AWS::ApiGatewayV2::Integration", "ResponseParameters", "overwrite", "a map"),
    Mistake("AWS::ApiGatewayV2::Route", "RouteKey", None, "CreateRouteRequest requires it"),
    Mistake("AWS::CloudWatch::Dashboard", "DashboardBody", '{"widgets":', "JSON: "),
)


def self_test(judge, templates: dict) -> int:
    missed = [f"a finding before any mistake: {found}" for template in templates.values() for found in judge.findings(template)]
    for mistake in MISTAKES:
        found = judge.findings(with_mistake(templates, mistake))
        if len(found) != 1 or not is_told(found[0], mistake):
            missed.append(f"{mistake.type} {mistake.property} = {mistake.value}: found {found}")
    if len(judge.findings({"Resources": {"New": {"Type": "AWS::New::Thing"}}})) != 1:
        missed.append("a type without an operation was not found")
    print("\n".join(missed) or f"self-test: {len(MISTAKES) + 1} mistakes found", file=sys.stderr if missed else sys.stdout)
    return 1 if missed else 0


def with_mistake(templates: dict, mistake: Mistake) -> dict:
    """A copy of the first template that has such a resource."""
    for template in templates.values():
        changed = copy.deepcopy(template)
        for resource in changed["Resources"].values():
            if resource["Type"] != mistake.type:
                continue
            if mistake.value is None:
                del resource["Properties"][mistake.property]
            else:
                resource["Properties"][mistake.property] = mistake.value
            return changed
    sys.exit(f"the self-test needs a {mistake.type}, and no template has one")


def is_told(finding: str, mistake: Mistake) -> bool:
    got = "" if mistake.value is None else f" = {str(mistake.value)[:200]}"
    return f"({mistake.type}) {mistake.property}{got}: {mistake.rule}" in finding
