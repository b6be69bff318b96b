from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from antiphon.errors import Misconfigured
from tests.models.shelf import real_model, write

pytest.importorskip("torch", reason="runs in the environment `tts`, which has torch")

import onnxruntime
import torch

from models.convert.piper_to_coqui import Vocabulary, coqui_config, coqui_name, fill, piper_to_coqui

# After the conversion, which stands in for what TTS asks for and this environment has not.
# isort: split
from TTS.tts.configs.vits_config import VitsConfig
from TTS.tts.models.vits import Vits

Floats = NDArray[np.float32]

# "Hello world.", as espeak writes it.
PHONEMES = "həlˈoʊ wˈɜːld."  # noqa: RUF001
# The two runtimes add in different orders; ENGINES measured 4e-5 over longer sentences.
TOLERANCE = 1e-4

IDS = {"_": [0], "^": [1], "$": [2], " ": [3], "a": [7], "b": [5], ".": [4]}
PIPER: dict[str, Any] = {
    "audio": {"sample_rate": 22_050, "quality": "medium"},
    "espeak": {"voice": "en-us"},
    "inference": {"noise_scale": 0.6, "length_scale": 1, "noise_w": 0.7},
    "phoneme_id_map": IDS,
    "num_speakers": 1,
    "language": {"code": "en_US"},
    "dataset": "test",
}


@pytest.fixture(scope="module")
def piper() -> Path:
    return real_model("en-us-joe-medium-onnx")


@pytest.fixture(scope="module")
def folder(piper: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("coqui")
    piper_to_coqui(piper, target)
    return target


@pytest.fixture(scope="module")
def vits(folder: Path) -> Any:
    torch.set_num_threads(1)
    config = VitsConfig()
    config.load_json(str(folder / "config.json"))
    model = Vits(config)
    state = torch.load(folder / "model_file.pth", weights_only=True)
    model.load_state_dict(state["model"])
    return model.eval()


def coqui_ids(vits: Any, phonemes: str) -> list[int]:
    """Return ids as Coqui's tokenizer makes them of phonemes, once espeak has."""
    tokenizer = vits.tokenizer
    ids = tokenizer.intersperse_blank_char(tokenizer.encode(phonemes))
    return list(tokenizer.pad_with_bos_eos(ids))


def piper_ids(piper: Path, phonemes: str) -> list[int]:
    """Return ids as Piper makes them: start, then each phoneme and a pad, then end."""
    ids = json.loads((piper / "voice.json").read_text())["phoneme_id_map"]
    padded = [number for symbol in phonemes for number in (*ids[symbol], *ids["_"])]
    return [*ids["^"], *ids["_"], *padded, *ids["$"]]


def spoken_by_piper(piper: Path, ids: list[int]) -> Floats:
    """Return what the ONNX says with both of its noises at zero."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(piper / "voice.onnx"), options)
    feed = {
        "input": np.array([ids], np.int64),
        "input_lengths": np.array([len(ids)], np.int64),
        "scales": np.array([0.0, 1.0, 0.0], np.float32),
    }
    return np.asarray(session.run(None, feed)[0], np.float32).reshape(-1)


def spoken_by_coqui(vits: Any, ids: list[int]) -> Floats:
    vits.inference_noise_scale = vits.inference_noise_scale_dp = 0.0
    with torch.inference_mode():
        samples = vits.inference(torch.tensor([ids]))["model_outputs"]
    return np.asarray(samples.numpy(), np.float32).reshape(-1)


@pytest.mark.model
def test_both_number_a_sentence_alike(vits: Any, piper: Path) -> None:
    vocabulary = Vocabulary.of(json.loads((piper / "voice.json").read_text())["phoneme_id_map"])
    ids = [vocabulary.rows[number] for number in coqui_ids(vits, PHONEMES)]
    assert ids == piper_ids(piper, PHONEMES)


@pytest.mark.model
def test_both_say_the_same(vits: Any, piper: Path) -> None:
    expected = spoken_by_piper(piper, piper_ids(piper, PHONEMES))
    found = spoken_by_coqui(vits, coqui_ids(vits, PHONEMES))
    assert found.shape == expected.shape
    assert np.abs(expected).max() > 0.1, "silence would be equal too"
    np.testing.assert_allclose(found, expected, atol=TOLERANCE)


@pytest.mark.model
def test_the_voice_keeps_its_settings(vits: Any) -> None:
    assert vits.config.audio.sample_rate == 22_050
    assert vits.config.model_args.inference_noise_scale == 0.667
    assert vits.config.model_args.inference_noise_scale_dp == 0.8
    assert vits.config.phoneme_language == "en-us"


@pytest.mark.model
def test_the_checkpoint_holds_tensors_alone(folder: Path) -> None:
    state = torch.load(folder / "model_file.pth", weights_only=True)
    assert state.keys() == {"model"}
    assert all(isinstance(value, torch.Tensor) for value in state["model"].values())


@pytest.mark.parametrize(
    ("piper_name", "name"),
    [
        ("enc_p.emb.weight", "text_encoder.emb.weight"),
        ("enc_p.encoder.norm_layers_1.0.gamma", "text_encoder.encoder.norm_layers_1.0.gamma"),
        ("flow.flows.6.enc.in_layers.3.bias", "flow.flows.3.enc.in_layers.3.bias"),
        ("dp.flows.0.m", "duration_predictor.flows.0.translation"),
        ("dp.flows.0.logs", "duration_predictor.flows.0.log_scale"),
        ("dp.flows.7.pre.weight", "duration_predictor.flows.4.pre.weight"),
        ("dp.pre.weight", "duration_predictor.pre.weight"),
        ("dec.ups.0.weight", "waveform_decoder.ups.0.weight"),
    ],
)
def test_tensors_are_renamed(piper_name: str, name: str) -> None:
    assert coqui_name(piper_name) == name


def test_a_tensor_that_is_not_of_the_network_is_told() -> None:
    with pytest.raises(Misconfigured, match=r"tensor 'emb_g.weight' is no part of VITS"):
        coqui_name("emb_g.weight")


def test_symbols_are_in_coquis_order_with_pipers_rows() -> None:
    vocabulary = Vocabulary.of(IDS)
    assert vocabulary.symbols == ["_", "$", "^", "<BLNK>", "a", "b", " ", "."]
    assert vocabulary.rows == [0, 2, 1, 0, 7, 5, 3, 4]


@pytest.mark.parametrize("symbol", [{"tʃ": [9]}, {"x": [9, 10]}])
def test_symbols_that_coqui_cannot_have_are_told(symbol: dict[str, list[int]]) -> None:
    with pytest.raises(Misconfigured, match="is more than one character, or has ids"):
        Vocabulary.of({**IDS, **symbol})


@pytest.mark.parametrize(
    "change", [{"num_speakers": 2}, {"audio": {"sample_rate": 22_050, "quality": "high"}}]
)
def test_another_network_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(Misconfigured, match="only single-speaker voices of quality medium"):
        coqui_config({**PIPER, **change}, Vocabulary.of(IDS))


def test_a_coqui_that_orders_symbols_otherwise_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, {"voice.json": json.dumps(PIPER).encode()})
    monkeypatch.setattr(Vocabulary, "symbols", property(lambda self: ["a", "b", "c", "d"]))
    with pytest.raises(Misconfigured, match="orders its vocabulary differently"):
        piper_to_coqui(tmp_path, tmp_path)


def arrays(**named: Floats) -> dict[str, Floats]:
    return {name.replace("__", "."): value for name, value in named.items()}


def test_weight_normalisation_is_put_back() -> None:
    weight = np.arange(24, dtype=np.float32).reshape(2, 3, 4) + 1
    fresh = {
        "up.parametrizations.weight.original0": torch.zeros(2, 1, 1),
        "up.parametrizations.weight.original1": torch.zeros(2, 3, 4),
    }
    state = fill(fresh, arrays(up__weight=weight))
    gain, direction = (value.numpy() for value in state.values())
    length = np.sqrt((direction**2).sum(axis=(1, 2), keepdims=True))
    np.testing.assert_allclose(gain * direction / length, weight, rtol=1e-6)


def test_what_only_training_reads_is_zero() -> None:
    fresh = {"posterior_encoder.pre.bias": torch.ones(3), "pre.bias": torch.zeros(2)}
    state = fill(fresh, arrays(pre__bias=np.ones(2, np.float32)))
    assert state["posterior_encoder.pre.bias"].tolist() == [0.0, 0.0, 0.0]
    assert state["pre.bias"].tolist() == [1.0, 1.0]


@pytest.mark.parametrize(
    ("weights", "told"),
    [
        ({}, "lacks pre.bias"),
        ({"pre.bias": np.ones(3, np.float32)}, r"pre.bias has shape \(3,\), not \(2,\)"),
        (
            {"pre.bias": np.ones(2, np.float32), "post": np.ones(1, np.float32)},
            "has no place for post",
        ),
    ],
)
def test_a_model_that_does_not_fit_is_refused(weights: dict[str, Floats], told: str) -> None:
    with pytest.raises(Misconfigured, match=told):
        fill({"pre.bias": torch.zeros(2)}, weights)
