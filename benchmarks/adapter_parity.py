"""What a LoRA adapter loses on its way into llama.cpp, over a base in float32 and over the file that ships.

.venv/bin/python -m benchmarks.adapter_parity [CHECKPOINT] [--gguf FILE] [--rank 8]

peft makes an untrained adapter of all matrices, with a B of noise, so that it changes every answer. Logits
of the gate's texts are compared with those of the merged weights.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from robo_convert.adapters.export import export_adapter
from robo_convert.adapters.lora import merged_weights, read_adapter
from robo_convert.checkpoint import load_checkpoint
from robo_convert.gguf_export import run_cases
from robo_convert.gguf_file import write_gguf
from robo_convert.llama_parity import llama_logits, open_model
from robo_convert.parity import compare_logits, load_gate
from robo_convert.quants import QUANTS
from robo_convert.texts import encode_texts, read_vocabulary
from robo_runtime.paths import workspace

MATRICES = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


def make_adapter(checkpoint: Path, folder: Path, rank: int) -> None:
    """An adapter folder of peft; the same each time."""
    import peft
    import torch
    from transformers import LlamaForCausalLM

    torch.manual_seed(0)
    model = LlamaForCausalLM.from_pretrained(checkpoint, dtype=torch.float32)
    config = peft.LoraConfig(r=rank, lora_alpha=2 * rank, target_modules=MATRICES, task_type="CAUSAL_LM")
    adapted = peft.get_peft_model(model, config)
    for name, parameter in adapted.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter, std=0.02)
    adapted.save_pretrained(folder)


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("checkpoint", type=Path, nargs="?", default=workspace() / "checkpoints" / "robo-nano")
    parser.add_argument("--gguf", type=Path, default=workspace() / "models" / "robo-nano-q4_0.gguf")
    parser.add_argument("--rank", type=int, default=8)
    options = parser.parse_args()
    gate, source = load_gate(), load_checkpoint(options.checkpoint)
    cases, context = encode_texts(source, gate.cases), source.shape.context
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_adapter(options.checkpoint, folder / "lora", options.rank)
        adapter = read_adapter(folder / "lora", source)
        expected = run_cases(merged_weights(source, adapter), source.shape, cases)
        plain = compare_logits(run_cases(source.weights, source.shape, cases), expected, gate.tie)
        export_adapter(folder / "lora", options.checkpoint, folder / "out")
        file = folder / "out" / "lora.gguf"
        print(f"{adapter.parameters:,} parameters, {file.stat().st_size:,} bytes")
        print(f"without it: {plain}")
        write_gguf(folder / "base.gguf", source, read_vocabulary(source), QUANTS["f32"])
        for base in (folder / "base.gguf", options.gguf):
            with open_model(base, context, file) as llama:
                found = [llama_logits(llama, case.tokens(context)) for case in cases]
            print(f"over {base.name}: {compare_logits(found, expected, gate.tie)}")


if __name__ == "__main__":
    main()
