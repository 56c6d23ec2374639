"""How `DrawDigit` makes pixels of ink, run in node, against dense linear algebra and MNIST's own images."""

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

import vaekit
from tests.node import Run, run_math
from tests.test_draw_digit_traits import small
from vaekit.widgets.base import source

WHOLE = "return math.shrink(data.ink, data.width, { left: 0, top: 0, cell: data.cell }, data.shape);"
PLACE = "return math.placement(data.ink, data.width, data.shape, data.box);"


@pytest.fixture(scope="module")
def js(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return run_math(small(), tmp_path_factory.mktemp("js"))


def overlaps(first: float, cell: float, count: int, size: int) -> Tensor:
    """Share of each of `count` cells that each of `size` pixels of ink covers, `(count, size)`."""
    start = first + cell * torch.arange(count, dtype=torch.float64)[:, None]
    pixel = torch.arange(size, dtype=torch.float64)
    shared = torch.minimum(start + cell, pixel + 1) - torch.maximum(start, pixel)
    return shared.clamp_min(0) / cell


def ink_of(height: int, width: int, seed: int) -> Tensor:
    """A blot somewhere on the paper."""
    draw = torch.Generator().manual_seed(seed)
    ink = torch.zeros(height, width, dtype=torch.float64)
    top, left = (int(torch.randint(0, n // 2, (1,), generator=draw)) for n in (height, width))
    ink[top : top + height // 3, left : left + width // 2] = torch.rand(
        height // 3, width // 2, generator=draw
    ).double()
    return ink


@pytest.mark.parametrize(("left", "top", "cell"), [(0.0, 0.0, 8.0), (-13.3, 20.7, 9.37), (30.0, 41.5, 0.43)])
def test_each_pixel_is_the_mean_ink_of_its_cell(js: Run, left: float, top: float, cell: float) -> None:
    ink = ink_of(96, 64, seed=1)
    made = js(
        "return math.shrink(data.ink, 64, data.place, [12, 8]);",
        **{"ink": ink.flatten().tolist(), "place": {"left": left, "top": top, "cell": cell}},
    )
    expected = overlaps(top, cell, 12, 96) @ ink @ overlaps(left, cell, 8, 64).T
    assert expected.max() > 0.1
    torch.testing.assert_close(torch.tensor(made, dtype=torch.float64).view(12, 8), expected, rtol=1e-12, atol=1e-12)


def test_without_centring_a_pixel_is_the_mean_of_its_block(js: Run) -> None:
    ink = ink_of(224, 224, seed=2)
    made = js(WHOLE, ink=ink.flatten().tolist(), width=224, cell=8, shape=[28, 28])
    made = torch.tensor(made, dtype=torch.float64)
    torch.testing.assert_close(made.view(28, 28), F.avg_pool2d(ink[None], 8)[0])


@pytest.mark.parametrize(("shape", "box"), [((28, 28), 20 / 28), ((28, 28), 1.0), ((12, 8), 0.5)])
@pytest.mark.parametrize("seed", [3, 4, 5])
def test_ink_is_scaled_to_the_box_and_its_mass_centred(js: Run, shape: tuple[int, int], box: float, seed: int) -> None:
    rows, columns = shape
    height, width = 8 * rows, 8 * columns
    ink = ink_of(height, width, seed)
    place = js(PLACE, ink=ink.flatten().tolist(), width=width, shape=shape, box=box)
    cell = place["cell"]
    for axis, first, count in ((1, place["top"], rows), (0, place["left"], columns)):
        sums = ink.sum(axis)
        where = sums.nonzero().flatten()
        start, end = ((float(v) - first) / cell for v in (where[0], where[-1] + 1))
        middle = (float(sums @ (torch.arange(len(sums)).double() + 0.5)) / float(sums.sum()) - first) / cell
        assert start > -1e-9 and end < count + 1e-9
        centred = count // 2 <= middle < count // 2 + 1
        assert centred or start < 1 or end > count - 1  # or as near as leaves the ink inside
        assert start % 1 < 1e-9 or start % 1 > 1 - 1e-9
    sides = [float((ink.sum(axis) > 0).sum()) / cell / count for axis, count in ((1, rows), (0, columns))]
    assert max(sides) == pytest.approx(box)


def test_test_digits_stay_as_they_are_because_mnist_was_made_so(js: Run) -> None:
    grey = vaekit.load_dataset("mnist5k", split="test").x[:60].double().unflatten(-1, (28, 28))
    longer = torch.maximum((grey.amax(1) > 0).sum(1), (grey.amax(2) > 0).sum(1))
    grey = grey[longer == 20]
    assert len(grey) > 55
    for image in grey:
        ink = image.repeat_interleave(4, 0).repeat_interleave(4, 1).flatten().tolist()
        place = js(PLACE, ink=ink, width=112, shape=[28, 28], box=20 / 28)
        assert [place["left"], place["top"], place["cell"]] == pytest.approx([0, 0, 4], abs=1e-9)


def test_a_pixel_counts_from_a_half_on_whatever_the_last_digit(js: Run) -> None:
    assert js("return math.binarised(data.grey);", grey=[0.0, 0.49, 0.5 - 1e-12, 0.5, 1.0]) == [0, 0, 1, 1, 1]


def test_the_last_sample_covers_all_before_it(js: Run) -> None:
    stroke = {"points": [1, 2], "width": 1}
    call = "return math.uncovered(data.items);"
    assert js(call, items=[stroke, {"sample": "a"}, {"sample": ""}, stroke]) == [{"sample": ""}, stroke]
    assert js(call, items=[stroke, stroke]) == [stroke, stroke]
    assert js(call, items=[]) == []


@pytest.mark.parametrize(
    "item", [{"sample": "z"}, {"points": [1], "width": 1}, {"points": [], "width": 1}, {"points": [1, 2]}, {}]
)
def test_what_is_no_drawing_is_reported(js: Run, item: dict) -> None:
    body = "try { return math.checkDrawing(data.items, ['a']).length; } catch (error) { return error.message; }"
    assert js(body, items=[{"sample": "a"}, {"points": [1, 2], "width": 1}]) == 2
    assert js(body, items=[{"sample": "a"}, item]) == "“drawing” holds what is neither a stroke nor a given image"


def test_the_widgets_own_files_are_small() -> None:
    names = ("draw_digit.js", "draw_digit_raster.js", "draw_digit_view.js")
    assert sum(len(source(name).encode()) for name in names) <= 12_000
