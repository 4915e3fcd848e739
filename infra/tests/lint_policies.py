"""Holds the policies of the module against what AWS knows of its actions, by parliament.

Reads a file of what `terraform test -json -verbose` prints, and looks at the output `policies` of
every run.
"""

import json
import sys

from parliament import analyze_policy_string

# What parliament finds in statements that are right, and why they are.
ACCEPTED = {
    # The time in a stream's ARN has colons, which parliament takes for the ARN's own.
    ("RESOURCE_MISMATCH", "Stream"),
    # Lambda checks for these on `*`; the statement behind denies them to the program itself.
    ("RESOURCE_STAR", "NetworkInterfaces"),
    # AWS has this condition for whatever a function calls; parliament knows it for no action.
    ("UNKNOWN_CONDITION_FOR_ACTION", "NetworkInterfacesAreLambdas"),
}


def statements(lines):
    """The statements of all roles' policies, each once, with the policy's name."""
    found = {}
    for line in lines:
        event = json.loads(line)
        if event["type"] != "test_state":
            continue
        policies = event["test_state"].get("outputs", {}).get("policies", {}).get("value", {})
        for name, text in policies.items():
            for statement in json.loads(text)["Statement"]:
                # Policies of keys, tables, queues and buckets name a principal: parliament reads
                # those of roles.
                if "Principal" not in statement:
                    found[name, json.dumps(statement)] = statement
    return [(name, statement) for (name, _), statement in found.items()]


def complaints(statement):
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    for finding in analyze_policy_string(json.dumps(policy)).findings:
        if (finding.issue, statement["Sid"]) not in ACCEPTED:
            yield f"{finding.issue} {finding.detail}"


def main():
    with open(sys.argv[1], encoding="utf-8") as lines:
        found = statements(lines)
    if not found:
        sys.exit("there are no policies to look at: did `terraform test` succeed?")
    wrong = [f"{name}, {it['Sid']}: {text}" for name, it in found for text in complaints(it)]
    print("\n".join(wrong) or f"parliament: {len(found)} statements are in order")
    sys.exit(1 if wrong else 0)


main()
