"""Programs as Blockly blocks, and blocks as programs, both from the registry's templates."""

from robo_runtime.blocks.convert import BlockError, Blocks

__all__ = ["BlockError", "Blocks"]
