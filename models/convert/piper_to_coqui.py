"""A Piper voice (VITS as ONNX) to a Coqui checkpoint: `config.json` and `model_file.pth`.

Runs where torch is. Both programs train the same network (Kim et al. 2021, VITS) from the same reference
code, so this renames tensors. In the ONNX, names of nodes are paths of modules even where the constants that
they read are anonymous. Coqui drops the flows that only flip channels, numbers its vocabulary differently,
and keeps weight normalisation apart.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper

from antiphon.errors import Misconfigured
from models.convert.program import program

# TTS asks whether these two are there, and VITS never calls them: the index has no build of them that
# loads beside torch's CPU build.
for _name in ("torchaudio", "torchcodec"):
    _stand_in = ModuleType(_name)
    _stand_in.__spec__ = ModuleSpec(_name, None)
    sys.modules.setdefault(_name, _stand_in)

import torch  # noqa: E402
from TTS.tts.configs.shared_configs import BaseAudioConfig, CharactersConfig  # noqa: E402
from TTS.tts.configs.vits_config import VitsConfig  # noqa: E402
from TTS.tts.models.vits import Vits, VitsArgs  # noqa: E402

SOURCE_ONNX = "voice.onnx"
SOURCE_JSON = "voice.json"
HOP_SAMPLES = 256  # product of the decoder's upsampling rates

PAD, EOS, BOS, BLANK = "_", "$", "^", "<BLNK>"
PUNCTUATION = frozenset("!'(),-.:;? ")

Weights = dict[str, NDArray[Any]]

# Only used in training, and not shipped by Piper; the checkpoint must have them all the same. (Inference runs
# the duration flows backwards and leaves the first coupling out.)
_TRAINING_ONLY = re.compile(r"posterior_encoder\.|duration_predictor\.(post_|flows\.1\.)")
_NAMED_CONSTANTS = re.compile(r"(gamma|beta|emb_rel_[kv]|dp\.flows\.0\.m)$")
_NORMALISED = re.compile(r"(.*)\.parametrizations\.weight\.original([01])")


def piper_to_coqui(source: Path, target: Path) -> None:
    """Fill the folder `target` from `voice.onnx` and `voice.json` in `source`."""
    piper = json.loads((source / SOURCE_JSON).read_text("utf-8"))
    vocabulary = Vocabulary.of(piper["phoneme_id_map"])
    config = coqui_config(piper, vocabulary)
    model = Vits(config)
    if list(model.tokenizer.characters.vocab) != vocabulary.symbols:
        raise Misconfigured(
            "this Coqui orders its vocabulary differently from what the conversion expects"
        )
    weights = dict(coqui_weights(read_piper(source / SOURCE_ONNX), vocabulary))
    state = fill(model.state_dict(), weights)
    # Tensors alone, so that `torch.load(weights_only=True)` reads it.
    torch.save({"model": state}, target / "model_file.pth")
    config.save_json(str(target / "config.json"))


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Coqui's symbols in Coqui's order, and for each the row of Piper's embedding."""

    phonemes: str
    punctuation: str
    rows: list[int]

    @classmethod
    def of(cls, piper_ids: Mapping[str, list[int]]) -> Vocabulary:
        """Return the vocabulary of a voice from its `phoneme_id_map`."""
        for symbol, ids in piper_ids.items():
            if len(symbol) != 1 or len(ids) != 1:
                raise Misconfigured(
                    f"{SOURCE_JSON}: symbol {symbol!r} is more than one character, or has ids {ids}"
                )
        spoken = [symbol for symbol in piper_ids if symbol not in (PAD, EOS, BOS)]
        phonemes = "".join(symbol for symbol in spoken if symbol not in PUNCTUATION)
        punctuation = "".join(symbol for symbol in spoken if symbol in PUNCTUATION)
        # Piper puts its pad between symbols, which is what Coqui calls the blank.
        order = [PAD, EOS, BOS, PAD, *phonemes, *punctuation]
        return cls(phonemes, punctuation, [piper_ids[symbol][0] for symbol in order])

    @property
    def symbols(self) -> list[str]:
        """The order that Coqui gives its characters."""
        return [PAD, EOS, BOS, BLANK, *self.phonemes, *self.punctuation]


def coqui_config(piper: Mapping[str, Any], vocabulary: Vocabulary) -> VitsConfig:
    """Return Coqui's configuration of Piper's `medium` network (`low` is narrower, `high` deeper)."""
    if piper["audio"].get("quality") != "medium" or piper["num_speakers"] != 1:
        raise Misconfigured(
            f"{SOURCE_JSON}: only single-speaker voices of quality medium are known"
        )
    inference = piper["inference"]
    args = VitsArgs(
        num_chars=len(vocabulary.symbols),
        num_layers_posterior_encoder=1,  # training only: as small as can be
        dilation_rate_flow=1,
        resblock_type_decoder="2",
        resblock_kernel_sizes_decoder=[3, 5, 7],
        resblock_dilation_sizes_decoder=[[1, 2], [2, 6], [3, 12]],
        upsample_rates_decoder=[8, 8, 4],
        upsample_initial_channel_decoder=256,
        upsample_kernel_sizes_decoder=[16, 16, 8],
        inference_noise_scale=inference["noise_scale"],
        inference_noise_scale_dp=inference["noise_w"],
        length_scale=float(inference["length_scale"]),
        init_discriminator=False,
    )
    return VitsConfig(
        model_args=args,
        audio=_audio(piper["audio"]["sample_rate"]),
        characters=_characters(vocabulary),
        text_cleaner="phoneme_cleaners",
        use_phonemes=True,
        phonemizer="espeak",
        phoneme_language=piper["espeak"]["voice"],
        phoneme_cache_path=None,
        compute_input_seq_cache=False,
        add_blank=True,
        enable_eos_bos_chars=True,
        run_name=f"piper-{piper['language']['code']}-{piper['dataset']}-medium",
        test_sentences=[],
    )


def _audio(rate_hz: int) -> BaseAudioConfig:
    return BaseAudioConfig(
        sample_rate=rate_hz,
        hop_length=HOP_SAMPLES,
        win_length=1024,
        fft_size=1024,
        num_mels=80,
        mel_fmin=0,
        mel_fmax=None,
        do_trim_silence=False,
        resample=False,
    )


def _characters(vocabulary: Vocabulary) -> CharactersConfig:
    return CharactersConfig(
        characters_class="TTS.tts.utils.text.characters.IPAPhonemes",
        characters=vocabulary.phonemes,
        punctuations=vocabulary.punctuation,
        pad=PAD,
        eos=EOS,
        bos=BOS,
        blank=BLANK,
        phonemes=None,
        is_unique=False,
        is_sorted=False,
    )


def read_piper(path: Path) -> Weights:
    """Return the trained tensors of the ONNX under the names of Piper's modules."""
    graph = onnx.load(str(path)).graph
    constants = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    found: Weights = {}
    for node in graph.node:
        module = node.name.strip("/").rpartition("/")[0].replace("/", ".")
        if node.op_type in ("Conv", "ConvTranspose"):
            tensors = zip(("weight", "bias"), node.input[1:], strict=False)
            found |= {f"{module}.{kind}": constants[name] for kind, name in tensors}
        elif module == "enc_p.emb" and node.op_type == "Gather":
            found["enc_p.emb.weight"] = constants[node.input[0]]
    found |= {name: value for name, value in constants.items() if _NAMED_CONSTANTS.search(name)}
    # The export folded exp(-logs) of the first duration flow into one constant.
    found["dp.flows.0.logs"] = -np.log(constants["/dp/flows.0/Exp_output_0"])
    return found


def coqui_weights(piper: Weights, vocabulary: Vocabulary) -> Iterator[tuple[str, NDArray[Any]]]:
    """Yield Piper's tensors under Coqui's names, rows of the embedding in Coqui's order."""
    for name, value in piper.items():
        yield coqui_name(name), value[vocabulary.rows] if name == "enc_p.emb.weight" else value


def coqui_name(name: str) -> str:
    """Return what Coqui calls Piper's tensor `name`."""
    match name.split("."):
        case ["dec", *rest]:
            return ".".join(["waveform_decoder", *rest])
        case ["enc_p", *rest]:
            return ".".join(["text_encoder", *rest])
        case ["flow", "flows", number, *rest]:
            # Every second one flips channels, which Coqui does without a module.
            return ".".join(["flow.flows", str(int(number) // 2), *rest])
        case ["dp", "flows", "0", "m"]:
            return "duration_predictor.flows.0.translation"
        case ["dp", "flows", "0", "logs"]:
            return "duration_predictor.flows.0.log_scale"
        case ["dp", "flows", number, *rest]:
            return ".".join(["duration_predictor.flows", str((int(number) + 1) // 2), *rest])
        case ["dp", *rest]:
            return ".".join(["duration_predictor", *rest])
    raise Misconfigured(f"{SOURCE_ONNX}: tensor {name!r} is no part of VITS as this knows it")


def fill(fresh: Mapping[str, torch.Tensor], weights: Weights) -> dict[str, torch.Tensor]:
    """Return `fresh` with the voice's tensors; raise where one is missing, left over or misshapen."""
    left = dict(weights)
    state = {name: _tensor(name, value, weights, left) for name, value in fresh.items()}
    if left:
        raise Misconfigured(
            f"{SOURCE_ONNX}: Coqui's model has no place for {', '.join(sorted(left))}"
        )
    return state


def _tensor(name: str, fresh: torch.Tensor, weights: Weights, left: Weights) -> torch.Tensor:
    normalised = _NORMALISED.fullmatch(name)
    source = f"{normalised[1]}.weight" if normalised else name
    if source not in weights:
        if _TRAINING_ONLY.match(name):
            return torch.zeros_like(fresh)
        raise Misconfigured(f"{SOURCE_ONNX} lacks {name}")
    left.pop(source, None)
    value = torch.from_numpy(np.array(weights[source], dtype=np.float32))
    if normalised and normalised[2] == "0":
        # Weight normalisation is g * v / |v|; with g = |w| and v = w, that is w.
        value = value.norm(dim=(1, 2), keepdim=True)
    if value.shape != fresh.shape:
        raise Misconfigured(
            f"{SOURCE_ONNX}: {name} has shape {tuple(value.shape)}, not {tuple(fresh.shape)}"
        )
    return value


if __name__ == "__main__":
    sys.exit(program(piper_to_coqui))
