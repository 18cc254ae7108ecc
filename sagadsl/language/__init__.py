"""Text in, `Definition` or diagnostics out. Imports nothing of ours."""
