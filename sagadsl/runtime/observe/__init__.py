"""Observing an engine: logs, traces, metrics, alerts, and what of a saga nobody may see.

None of it is imported by an engine. Whoever wants it imports the module that has it; what costs something then is an
engine with a listener, and no other.
"""
