"""The grammar, asked of three engines that did not write it."""
