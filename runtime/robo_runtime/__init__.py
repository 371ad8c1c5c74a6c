"""Prompts in, checked MicroPython programs out. Imports neither robo_train nor robo_convert."""
