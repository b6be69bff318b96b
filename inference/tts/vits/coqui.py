"""Coqui VITS on torch: the only file that imports TTS or torch.

It is the reference, the runtime for CUDA, and what the graphs for onnxruntime are exported from.
"""

from __future__ import annotations

import math
import os
import pickle
import sys
import warnings
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from antiphon.audio import Float32
from antiphon.errors import Misconfigured
from inference.tts.vits.chunks import decoder_context, flow_context
from inference.tts.vits.network import Encoded, Ids, Profile

GRAPHS = ("encode", "flow", "decode")
CONFIG_FILE = "config.json"
WEIGHTS_FILE = "model_file.pth"
_OPSET = 17


def _shadow(*names: str) -> None:
    """Stand in for modules that TTS imports and that VITS inference never calls.

    torch's CPU build and PyPI's torchaudio, which is a CUDA build, do not load into one process.
    """
    for name in names:
        module = ModuleType(name)
        module.__spec__ = ModuleSpec(name, None)
        sys.modules.setdefault(name, module)


_shadow("torchaudio", "torchcodec")
os.environ.setdefault("COQUI_TOS_AGREED", "0")  # never ask on a terminal, never download

import torch  # noqa: E402
from torch import Tensor, nn  # noqa: E402
from torch.nn.utils import parametrize  # noqa: E402
from TTS.tts.configs.vits_config import VitsConfig  # noqa: E402
from TTS.tts.models.vits import Vits  # noqa: E402


def load(folder: Path) -> Any:
    """Return Coqui's own `Vits` from a checkpoint folder; raise `Misconfigured` where it cannot be used."""
    try:
        config = VitsConfig()
        config.load_json(str(folder / CONFIG_FILE))
        model = Vits(config)
        state = torch.load(folder / WEIGHTS_FILE, map_location="cpu", weights_only=True)
        model.load_state_dict(state["model"])
    except (OSError, ValueError, KeyError, RuntimeError, pickle.UnpicklingError) as error:
        raise Misconfigured(
            f"the voice in {folder} cannot be loaded ({type(error).__name__}); "
            "see `antiphon models verify`"
        ) from error
    _refuse_unsupported(folder, model)
    return model.eval()


def profile(model: Any) -> Profile:
    """Return what the engine must know about a loaded voice."""
    config, args, characters = model.config, model.args, model.tokenizer.characters
    flow = model.flow
    coupling = flow.flows[0].enc
    return Profile(
        alphabet=tuple(characters.vocab),
        bos_id=characters.bos_id,
        eos_id=characters.eos_id,
        blank_id=characters.blank_id,
        espeak_language=config.phoneme_language,
        sample_rate_hz=int(config.audio.sample_rate),
        hop_samples=math.prod(args.upsample_rates_decoder),
        channels=args.hidden_channels,
        noise_scale=float(args.inference_noise_scale),
        duration_noise_scale=float(args.inference_noise_scale_dp),
        length_scale=float(args.length_scale),
        flow_context_frames=flow_context(
            flow.num_flows, coupling.num_layers, flow.kernel_size, flow.dilation_rate
        ),
        decoder_context_frames=decoder_context(
            args.upsample_rates_decoder,
            args.upsample_kernel_sizes_decoder,
            args.resblock_kernel_sizes_decoder,
            args.resblock_dilation_sizes_decoder,
            inner_convolutions=str(args.resblock_type_decoder) == "1",
        ),
    )


def _refuse_unsupported(folder: Path, model: Any) -> None:
    wanted = {
        "one speaker": model.num_speakers <= 1 and not model.embedded_speaker_dim,
        "one language": not model.args.use_language_embedding,
        "espeak phonemes": model.config.use_phonemes and model.config.phonemizer == "espeak",
        "blanks and end marks": model.config.add_blank and model.config.enable_eos_bos_chars,
        "the stochastic duration predictor": model.args.use_sdp,
    }
    missing = [name for name, present in wanted.items() if not present]
    if missing:
        raise Misconfigured(
            f"the voice in {folder} is not of the kind that is served: {', '.join(missing)}"
        )


@torch.inference_mode()  # type: ignore[untyped-decorator]
def infer(model: Any, ids: list[int]) -> tuple[Float32, Float32]:
    """Return Coqui's own inference: samples, and the prior (1, channels, frames) they are made from."""
    outputs = model.inference(torch.tensor([ids]))
    return _array(outputs["model_outputs"][0, 0]), _array(outputs["z_p"])


class TorchNetwork:
    """Runs Coqui's modules as they are, weight norm folded, on `device`."""

    def __init__(self, model: Any, threads: int, device: str = "cpu") -> None:
        torch.set_num_threads(threads)
        if device != "cpu" and not torch.cuda.is_available():
            raise Misconfigured(f"[tts] device is {device!r}, but torch finds no CUDA device here")
        # A card's convolutions would round to 11 bits, 43 to 49 dB from the voice; exact ones are at 107 dB,
        # and cost an H200 1 to 2 ms of the first audio.
        torch.backends.cudnn.allow_tf32 = False
        self._device = device
        fold(model)
        self._encode, self._flow, self._decode = (
            part(model).to(device).eval() for part in (_Encode, _Flow, _Decode)
        )

    @torch.inference_mode()  # type: ignore[untyped-decorator]
    def encode(self, ids: Ids, noise: Float32, stretch: float) -> Encoded:
        """See `Network.encode`."""
        stretches = torch.tensor([stretch], dtype=torch.float32, device=self._device)
        outputs = self._encode(self._tensor(ids), self._tensor(noise), stretches)
        return Encoded(*(output.cpu().numpy() for output in outputs))

    @torch.inference_mode()  # type: ignore[untyped-decorator]
    def flow(self, latent: Float32) -> Float32:
        """See `Network.flow`."""
        return _array(self._flow(self._tensor(latent)))

    @torch.inference_mode()  # type: ignore[untyped-decorator]
    def decode(self, latent: Float32) -> Float32:
        """See `Network.decode`."""
        return _array(self._decode(self._tensor(latent)))

    def _tensor(self, values: Any) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(values)).to(self._device)


def fold(model: Any) -> None:
    """Replace weight norm by the weights that it yields: the same sound for less work."""
    for module in model.modules():
        if parametrize.is_parametrized(module, "weight"):
            parametrize.remove_parametrizations(module, "weight")


def export(model: Any, folder: Path) -> dict[str, Path]:
    """Write the graphs of a loaded voice to `folder`, and return where each is. About 2 s."""
    fold(model)
    channels = model.args.hidden_channels
    latent = torch.randn(1, channels, 50)
    ids = torch.full((1, 50), model.tokenizer.characters.blank_id)
    inputs = (ids, torch.randn(1, 2, 50), torch.ones(1))
    paths = {name: folder / f"{name}.onnx" for name in GRAPHS}
    names = ["mean", "log_scale", "frames"]
    _export(_Encode(model), inputs, paths["encode"], ["ids", "noise", "stretch"], names)
    _export(_Flow(model), (latent,), paths["flow"], ["latent"], ["flowed"])
    _export(_Decode(model), (latent,), paths["decode"], ["latent"], ["samples"])
    return paths


# What varies, by input and output, and on which axis: a text's length; calls, and their windows' length.
_TEXT = {"ids": 1, "noise": 2, "mean": 2, "log_scale": 2, "frames": 0}
_CALLS = {"latent": 2, "flowed": 2, "samples": 1}
_AXES = {
    **{name: {axis: name} for name, axis in _TEXT.items()},
    **{name: {0: "calls", axis: name} for name, axis in _CALLS.items()},
}


def _export(
    part: nn.Module, inputs: tuple[Tensor, ...], path: Path, takes: list[str], gives: list[str]
) -> None:
    axes = {name: _AXES[name] for name in [*takes, *gives] if name in _AXES}
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # tracing warns of shapes that are constant here
        torch.onnx.export(
            part.eval(), inputs, str(path), input_names=takes, output_names=gives,
            dynamic_axes=axes, opset_version=_OPSET, dynamo=False,
        )  # fmt: skip


class _Encode(nn.Module):  # type: ignore[misc]
    """Text encoder and duration predictor, the noise given from outside."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.text_encoder = model.text_encoder
        self.predictor = model.duration_predictor
        self.length_scale = float(model.args.length_scale)

    def forward(self, ids: Tensor, noise: Tensor, stretch: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        lengths = ids.new_ones(1) * ids.shape[1]
        hidden, mean, log_scale, mask = self.text_encoder(ids, lengths)
        logs = self._log_durations(hidden, mask, noise)
        return mean, log_scale, torch.exp(logs)[0, 0] * self.length_scale * stretch

    def _log_durations(self, hidden: Tensor, mask: Tensor, z: Tensor) -> Tensor:
        # What StochasticDurationPredictor.forward does in reverse; it would draw the noise itself.
        condition = self.predictor.pre(hidden)
        condition = self.predictor.proj(self.predictor.convs(condition, mask)) * mask
        affine, _unused, *flows = self.predictor.flows
        for flow in (*reversed(flows), affine):
            z = flow(torch.flip(z, [1]), mask, g=condition, reverse=True)
        return z[:, :1]


class _Flow(nn.Module):  # type: ignore[misc]
    def __init__(self, model: Any) -> None:
        super().__init__()
        self.flow = model.flow

    def forward(self, latent: Tensor) -> Tensor:
        return self.flow(latent, torch.ones_like(latent[:, :1]), reverse=True)


class _Decode(nn.Module):  # type: ignore[misc]
    def __init__(self, model: Any) -> None:
        super().__init__()
        self.decoder = model.waveform_decoder

    def forward(self, latent: Tensor) -> Tensor:
        return self.decoder(latent)[:, 0]


def _array(values: Tensor) -> Float32:
    return np.asarray(values.cpu().numpy(), np.float32)
