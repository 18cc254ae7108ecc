"""One module a version; `sql/version.py` names the last."""
