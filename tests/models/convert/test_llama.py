from __future__ import annotations

import numpy as np

from tests.models.convert.llama import TINY, logits, random_weights


def test_a_token_sees_nothing_after_it() -> None:
    weights = random_weights(TINY)
    whole = logits(TINY, weights, [3, 4, 5, 6])
    np.testing.assert_allclose(logits(TINY, weights, [3, 4]), whole[:2], atol=1e-5)


def test_the_order_of_tokens_matters() -> None:
    weights = random_weights(TINY)
    one, other = logits(TINY, weights, [3, 4, 5]), logits(TINY, weights, [4, 3, 5])
    assert np.abs(one[-1] - other[-1]).max() > 0.01
