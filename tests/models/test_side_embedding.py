import numpy as np
import pytest
import torch
from scipy.sparse import csr_array

from penchant.models import side_embedding
from penchant.models.side_embedding import ColumnEmbedding, Columns, SideEmbedding

ENCODED = csr_array(np.array([[1.0, 0, 0.5, 0], [0, 0, 0, 0], [0, 2.0, 0, 1.0]], dtype=np.float32))


@pytest.mark.parametrize("few", [0, 512], ids=["padded", "dense"])
def test_the_sum_of_a_rows_feature_embeddings_is_a_matrix_product(few, monkeypatch):
    monkeypatch.setattr(side_embedding, "_FEW", few)
    start = np.random.default_rng(0).normal(size=(4, 3)).astype(np.float32)
    columns = ColumnEmbedding(Columns.of(ENCODED), start)
    rows = torch.tensor([2, 0, 1, 2])
    found = columns(rows)
    assert found.detach().numpy() == pytest.approx((ENCODED @ start)[rows.numpy()], abs=1e-6)
    found.sum().backward()
    expected = np.asarray(ENCODED.todense())[rows.numpy()].sum(axis=0)
    assert columns.features.weight.grad.numpy() == pytest.approx(np.repeat(expected[:, None], 3, axis=1), abs=1e-6)


def test_a_side_adds_its_columns_to_vectors_and_biases():
    vectors, bias = np.ones((3, 2), np.float32), np.array([0.1, 0.2, 0.3], np.float32)
    side = SideEmbedding(vectors, bias, Columns.of(ENCODED))
    with torch.no_grad():
        side.columns.features.weight.copy_(torch.tensor([[1.0, 10, 20], [0, 0, 0], [2, 0, 0], [0, 0, 0]]))
    found_vectors, found_bias = side(torch.tensor([0, 1]))
    assert found_bias.tolist() == pytest.approx([0.1 + 2.0, 0.2])
    assert found_vectors.tolist() == [[11.0, 21.0], [1.0, 1.0]]
