"""Scenarios: what a saga does in given circumstances, written in YAML beside its definition and run as tests.

After the tests of Eventuate Tram Sagas, which read as stories: given this input and these answers, expect these
actions, those undos and that end. `reading` makes scenarios of a text, `running` plays one on the pure machine in
virtual time, `comparing` says where it departs from what was expected, `telling` and `junit` write that down.
"""
