"""A checkpoint to one .mlpackage: two functions over the same weights and caches.

`decode` takes one token, `prefill` CHUNK of them. Needs torch and coremltools, on any system.
"""

from __future__ import annotations

import json
import uuid
import warnings
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from robo_runtime.gguf_file import Shape

from robo_convert.coreml.model import Step, cache_names, parameter_name
from robo_convert.coreml.program import model_message
from robo_convert.coreml.store import store_pass
from robo_convert.reference import Weights

CHUNK = 32
"""Tokens of one prefill; what is left of a prompt is padded, see docs/exports.md."""
LENGTHS = {"decode": 1, "prefill": CHUNK}
"""The functions and how many tokens each takes."""


class Converter:
    """Traces a model once and converts it at each precision."""

    def __init__(self, weights: Weights, shape: Shape) -> None:
        self._shape = shape
        self._weights = {parameter_name(name): weight for name, weight in weights.items()}
        self._traced = {}
        for name, length in LENGTHS.items():
            example = (torch.zeros(1, length, dtype=torch.int32), torch.zeros(1, dtype=torch.int32))
            with warnings.catch_warnings(), torch.no_grad():
                warnings.simplefilter("ignore")
                traced = torch.export.export(Step(weights, shape, length).eval(), example)
                self._traced[name] = traced.run_decompositions({})

    def write(self, package: Path, quant: str, metadata: dict[str, str]) -> None:
        """Write the model at one precision.

        Args:
            metadata: what the file says of itself; `license` and `description` have places of their own.
        """
        import coremltools as ct

        both = ct.utils.MultiFunctionDescriptor()
        with TemporaryDirectory() as folder:
            for name in LENGTHS:
                single = Path(folder) / f"{name}.mlpackage"
                self._convert(name, quant).save(str(single))
                both.add_function(str(single), "main", name)
            both.default_function_name = "decode"
            ct.utils.save_multifunction(both, str(package))
        _describe(package, metadata)

    def _convert(self, name: str, quant: str) -> Any:
        import coremltools as ct

        s = self._shape
        cache = ct.TensorType(shape=(1, s.kv_heads, s.context, s.head_dim), dtype=np.float16)
        return ct.convert(
            self._traced[name],
            outputs=[ct.TensorType(name="logits", dtype=np.float16)],
            states=[ct.StateType(cache, name=state) for state in cache_names(s)],
            minimum_deployment_target=ct.target.iOS18,
            compute_precision=ct.precision.FLOAT16,
            pass_pipeline=self._pipeline(quant),
            skip_model_load=True,
        )

    def _pipeline(self, quant: str) -> Any:
        """The usual passes, and behind them the one that stores the weights at the precision."""
        import coremltools as ct
        from coremltools.converters.mil.mil.passes.graph_pass import AbstractGraphPass
        from coremltools.converters.mil.mil.passes.helper import block_context_manager
        from coremltools.converters.mil.mil.passes.pass_registry import PASS_REGISTRY

        pipeline = ct.PassPipeline.DEFAULT
        if quant == "f16":
            return pipeline
        store = block_context_manager(store_pass(self._weights, quant))

        class Store(AbstractGraphPass):
            """Runs `store` over every function."""

            def apply(self, prog: Any) -> None:
                for function in prog.functions.values():
                    store(function)

        PASS_REGISTRY.add("robo", Store, override=True, name="store_weights")
        pipeline.append_pass("robo::store_weights")
        return pipeline


def _describe(package: Path, metadata: dict[str, str]) -> None:
    """Write the metadata, and identifiers that are the same each time: equal models are equal files."""
    path = package / "Data" / "com.apple.CoreML" / "model.mlmodel"
    model = model_message(path)
    about = model.description.metadata
    about.Clear()
    about.shortDescription = metadata.get("description", "")
    about.license = metadata.get("license", "")
    for key, value in sorted(metadata.items()):
        if key not in ("description", "license"):
            about.userDefined[key] = value
    path.write_bytes(model.SerializeToString(deterministic=True))
    listing = package / "Manifest.json"
    data = json.loads(listing.read_text(encoding="utf-8"))
    items = data["itemInfoEntries"]
    new = {old: str(uuid.uuid5(uuid.NAMESPACE_URL, item["path"])) for old, item in items.items()}
    data["itemInfoEntries"] = {
        new[old]: item for old, item in sorted(items.items(), key=lambda i: i[1]["path"])
    }
    data["rootModelIdentifier"] = new[data["rootModelIdentifier"]]
    listing.write_text(json.dumps(data, indent=4) + "\n", encoding="utf-8")
