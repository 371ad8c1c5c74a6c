"""Bring your own firmware: a registry from a kit's Blockly blocks and its Python sources."""

from robo_runtime.registry.extract.run import Extracted, extract, write_registry

__all__ = ["Extracted", "extract", "write_registry"]
