"""Sagas of any length, to measure with."""


def chain(states, name="chain"):
    """Return the text of a saga of so many tasks, each of which reads the input and the one before it."""
    lines = [
        f"name: {name}",
        "input: {type: object, required: [amount], properties: {amount: {type: number}}}",
        "states:",
    ]
    for number in range(states):
        before = f', before: "${{states.s{number - 1}.output.ref}}"' if number else ""
        lines += [
            f"  s{number}:",
            "    service: accounts",
            "    action: book",
            f'    payload: {{amount: "${{input.amount}}"{before}}}',
            "    compensation: unbook",
            "    retry: {max_attempts: 3, initial_delay: 1s}",
            f"    next: s{number + 1}",
        ]
    return "\n".join([*lines, f"  s{states}: {{type: succeed}}"])


def dense_chain(states):
    """Return likewise a saga whose states are so short that 10,000 of them fit into a file."""
    lines = ["name: chain", "states:", "  s0: {service: a, action: b, compensation: u, next: s1}"]
    lines += [
        f'  s{number}: {{service: a, action: b, compensation: u, payload: "${{states.s{number - 1}.output}}", next: s{number + 1}}}'
        for number in range(1, states - 1)
    ]
    return "\n".join([*lines, f"  s{states - 1}: {{type: succeed}}"])


def template(resources):
    """Return a CloudFormation template of so many queues, each of which waits for and refers to the one before it."""
    lines = ["AWSTemplateFormatVersion: '2010-09-09'", "Parameters: {Stage: {Type: String}}", "Resources:"]
    for number in range(resources):
        lines += [
            f"  Queue{number}:",
            "    Type: AWS::SQS::Queue",
            "    Properties:",
            f'      QueueName: !Sub "${{Stage}}-queue-{number}"',
            "      VisibilityTimeout: 30",
        ]
        if number:
            lines += [
                "      RedrivePolicy:",
                f"        deadLetterTargetArn: !GetAtt Queue{number - 1}.Arn",
                "        maxReceiveCount: 3",
            ]
    return "\n".join(lines)


def side_by_side(branches, steps, attempts=1):
    """Return the text of a parallel state with so many branches of so many compensatable tasks."""
    retry = f", retry: {{max_attempts: {attempts}, initial_delay: 1s}}" if attempts > 1 else ""
    lines = ["name: side_by_side", "states:", "  all:", "    type: parallel", "    branches:"]
    for branch in range(branches):
        lines += [f"      branch_{branch}:", "        steps:"]
        lines += [
            f"          - {{id: s{branch}_{step}, service: s, action: do_it, compensation: undo_it{retry}}}"
            for step in range(steps)
        ]
    return "\n".join([*lines, "    next: end", "  end: {type: succeed}"])
