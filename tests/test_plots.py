"""Figures: what is drawn is what came, on the axes that were given."""

import matplotlib
import numpy as np
import pytest
import torch

matplotlib.use("Agg")
from matplotlib import pyplot as plt  # noqa: E402

from vaekit import plots  # noqa: E402


@pytest.fixture
def ax():
    figure, axes = plt.subplots()
    yield axes
    plt.close(figure)


def test_image_grid_puts_image_i_in_row_i_div_columns_and_column_i_mod_columns(ax):
    images = torch.rand(5, 6, generator=torch.Generator().manual_seed(0), requires_grad=True)
    assert plots.image_grid(images, (2, 3), columns=2, ax=ax) is ax
    drawn = ax.images[0].get_array()
    assert drawn.shape == (3 * 2, 2 * 3)
    for i in range(5):
        row, column = divmod(i, 2)
        tile = drawn[2 * row : 2 * row + 2, 3 * column : 3 * column + 3]
        np.testing.assert_allclose(tile, images[i].detach().reshape(2, 3).numpy(), rtol=1e-7)
    assert np.ma.getmaskarray(drawn)[4:, 3:].all()  # the sixth place stays blank
    assert ax.images[0].get_clim() == (0, 1) and ax.images[0].get_cmap().name == "gray_r"


def test_curves_draws_each_series_against_epochs_from_one_in_a_dash_pattern_of_its_own(ax):
    series = {str(i): [3.0, 2.0 + i, 1.0] for i in range(4)}
    plots.curves(series, xlabel="epoch", ylabel="loss (nats)", ax=ax)
    assert [line.get_label() for line in ax.lines] == list(series)
    for line, values in zip(ax.lines, series.values(), strict=True):
        assert line.get_xdata().tolist() == [1, 2, 3] and list(line.get_ydata()) == values
    assert len({line.get_linestyle() for line in ax.lines}) == 4
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("epoch", "loss (nats)")


def test_latent_scatter_marks_every_code_with_its_class(ax):
    codes = torch.randn(30, 2, generator=torch.Generator().manual_seed(0))
    labels = torch.arange(30) % 7
    plots.latent_scatter(codes, labels, ax=ax)
    drawn = [collection.get_offsets() for collection in ax.collections]
    assert sum(map(len, drawn)) == 30
    for label in range(7):
        np.testing.assert_allclose(drawn[label], codes[labels == label].numpy())
    assert ax.get_aspect() == 1


@pytest.mark.parametrize("draw", ["grid", "curves", "scatter"])
def test_axes_are_made_where_none_are_given_and_one_figure_only(draw):
    before = set(plt.get_fignums())
    made = {
        "grid": lambda: plots.image_grid(torch.zeros(3, 4), (2, 2), columns=3),
        "curves": lambda: plots.curves({"a": [1.0, 2.0]}, xlabel="x", ylabel="y"),
        "scatter": lambda: plots.latent_scatter(torch.randn(3, 2), torch.arange(3)),
    }[draw]()
    (new,) = set(plt.get_fignums()) - before
    assert made.figure is plt.figure(new)
    made.figure.canvas.draw()
    plt.close(new)
