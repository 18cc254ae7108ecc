"""The language server: what an editor asks while an author types.

Everything here but `server.py` is pure: text and a position in, an answer out, whatever the text looks like. The server
only carries messages; it needs pygls, which the extra `lsp` brings.
"""
