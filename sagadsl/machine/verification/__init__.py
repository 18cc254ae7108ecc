"""What `verify` and `outcomes` are made of: a saga of unknown data, all that can happen to it, and what it owes."""
