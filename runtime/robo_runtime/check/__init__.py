"""Checking programs without running them."""

from robo_runtime.check.problem import Problem
from robo_runtime.check.program import api_functions, check_program

__all__ = ["Problem", "api_functions", "check_program"]
