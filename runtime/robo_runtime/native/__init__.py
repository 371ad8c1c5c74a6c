"""What the native core (`mobile/native`) reads beside a model: the registry compiled into one data file."""

from robo_runtime.native.data import native_data

__all__ = ["native_data"]
