"""Sagas of any length, to measure with."""


def chain(states):
    """Return the text of a saga of so many tasks, each of which reads the input and the one before it."""
    lines = [
        "name: chain",
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
