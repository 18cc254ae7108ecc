"""Services over HTTP, as `services.yaml` describes them."""

from sagadsl.runtime.http.loading import load_services

__all__ = ["load_services"]
