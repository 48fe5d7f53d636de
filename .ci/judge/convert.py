"""How a property of CloudFormation looks in an API: each function gives the values that the API is sent."""
from __future__ import annotations

from values import Unknown


def as_it_is(value):
    return [value]


def each(value):
    """One call for every entry."""
    return value if isinstance(value, list) else [value]


def as_list(value):
    return [[value]]


def as_attribute(value):
    return [{"Value": value}]


def under(name: str):
    """A map of attributes holds it."""
    return lambda value: [{name: value}]


def as_map(tags):
    return [{tag["Key"]: tag["Value"] for tag in tags}]


def renamed(**names: str):
    """Members that CloudFormation calls otherwise."""
    return lambda value: [{names.get(name, name): member for name, member in value.items()}]


def by_status(responses):
    """By status, what API Gateway writes into which header. CloudFormation has a list where the API has a map."""
    if not isinstance(responses, dict):
        return [responses]
    return [{status: as_mappings(response) for status, response in responses.items()}]


def as_mappings(response):
    entries = response.get("ResponseParameters") if isinstance(response, dict) else None
    return {entry["Destination"]: entry["Source"] for entry in entries} if isinstance(entries, list) else response


def kms_tags(tags):
    return [[{"TagKey": tag["Key"], "TagValue": tag["Value"]} for tag in tags]]


def stack_parameters(values):
    return [[{"ParameterKey": key, "ParameterValue": value} for key, value in values.items()]]


def ip_permissions(rules):
    return [[ip_permission(rule) for rule in rules]]


def ip_permission(rule: dict) -> dict:
    """The API groups what rules of one port have in common; CloudFormation has one rule for each."""
    rest = {name: value for name, value in rule.items() if name != "Description"}
    described = {"Description": rule["Description"]} if "Description" in rule else {}
    groups = (
        ("CidrIp", "IpRanges", "CidrIp"),
        ("CidrIpv6", "Ipv6Ranges", "CidrIpv6"),
        ("DestinationSecurityGroupId", "UserIdGroupPairs", "GroupId"),
        ("SourceSecurityGroupId", "UserIdGroupPairs", "GroupId"),
        ("DestinationPrefixListId", "PrefixListIds", "PrefixListId"),
    )
    for name, group, member in groups:
        if name in rest:
            rest[group] = [{member: rest.pop(name), **described}]
    return rest


def rule_with(name: str):
    """A rule with this member alone."""
    return lambda value: [[ip_permission({name: value})]]


def described_rule(value):
    """The API has a description beside each address or group only."""
    return [[ip_permission({"CidrIp": Unknown(), "Description": value})]]
