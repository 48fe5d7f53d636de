"""Checks every property of an assembly's templates against the models of the APIs that CloudFormation calls.

The models are botocore's. Its own validator knows no enum, pattern or maximum, so the checks are here.

usage: python .ci/judge ASSEMBLY ...             exit code 1: something was found
       python .ci/judge --self-test ASSEMBLY     puts errors into a template, and must find these and no others
"""
from __future__ import annotations

import json
import sys
from pathlib import Path

from judge import Judge
from self_test import self_test


def templates_of(assembly: str) -> dict[str, dict]:
    """All templates, those of nested stacks too, by their path."""
    paths = sorted(Path(assembly).rglob("*.template.json"))
    if not paths:
        sys.exit(f"{assembly} holds no template")
    return {str(path.relative_to(assembly)): json.loads(path.read_text()) for path in paths}


def main(arguments: list[str]) -> int:
    judge = Judge()
    if arguments[:1] == ["--self-test"]:
        return self_test(judge, templates_of(arguments[1]))
    found = 0
    for assembly in arguments:
        templates = templates_of(assembly)
        findings = [f"{path}: {finding}" for path, template in templates.items() for finding in judge.findings(template)]
        print(f"{assembly.rsplit('/', 1)[-1]}: {len(templates)} templates, {judge.take_count()} values")
        for finding in findings:
            print(f"  {finding}", file=sys.stderr)
        found += len(findings)
    return 1 if found else 0


sys.exit(main(sys.argv[1:]))
