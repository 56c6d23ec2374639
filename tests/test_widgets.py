"""The widgets' mathematics, run in node, against torch; and what their front end promises about its size."""

import re
from importlib.resources import files
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from tests.node import Run, run_math
from vaekit.widgets import CourseWidget, DecoderWeights, LatentExplorer
from vaekit.widgets.layers import ACTIVATIONS

JS = files("vaekit.widgets") / "js"
SMALL = (np.array([[0.0, 1.0], [2.0, -3.0], [0.5, 0.5]]), np.array([0, 2, 1]))


def decoder(*, seed: int = 0) -> nn.Sequential:
    """A decoder with weights as large as trained ones, so that its pixels use the whole range."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        net = nn.Sequential(nn.Linear(2, 200), nn.Tanh(), nn.Linear(200, 784))
        with torch.no_grad():
            net[0].weight.mul_(2.0)
            net[2].weight.mul_(4.0)
    return net


def explorer() -> LatentExplorer:
    weights = DecoderWeights(([np.ones((4, 2))], [np.zeros(4)], ["identity"]))
    return LatentExplorer(weights, *SMALL, image_shape=(2, 2))


@pytest.fixture(scope="module")
def js(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return run_math(explorer(), tmp_path_factory.mktemp("js"))


def traits(weights: DecoderWeights) -> dict[str, object]:
    return {name: getattr(weights, name) for name in ("layers", "dtype", "weights", "scales", "biases")}


DECODE = "const layers = math.unpackLayers(model); return data.z.map((z) => math.forward(layers, z));"


@pytest.mark.parametrize(("dtype", "tolerance"), [("int8", 1e-2), ("float16", 1e-2), ("float32", 1e-5)])
def test_page_decodes_like_torch_over_the_whole_plane(js: Run, dtype: str, tolerance: float) -> None:
    net, axis = decoder(), torch.linspace(-4.0, 4.0, 17)
    z = torch.cartesian_prod(axis, axis)
    pixels = torch.tensor(js(DECODE, z=z.tolist(), **traits(DecoderWeights(net, dtype=dtype))))
    exact = torch.sigmoid(net(z)).detach()
    assert exact.min() < 0.1 and exact.max() > 0.9
    assert (pixels - exact).abs().max() <= tolerance


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations_agree_with_torch_in_float64(js: Run, name: str) -> None:
    x = torch.cat([torch.linspace(-40.0, 40.0, 1601, dtype=torch.float64), torch.tensor([1e-9, -1e-9])])
    made = js("return data.x.map(math.ACTIVATIONS[data.name]);", x=x.tolist(), name=name)
    tolerance = 2e-10 if name == "softplus" else 1e-12  # torch's is the identity above 20
    made = torch.tensor(made, dtype=torch.float64)
    torch.testing.assert_close(made, ACTIVATIONS[name](x), rtol=tolerance, atol=1e-13)


def test_error_function_agrees_with_torch(js: Run) -> None:
    x = torch.linspace(-7.0, 7.0, 2001, dtype=torch.float64)
    made = torch.tensor(js("return data.x.map(math.erf);", x=x.tolist()), dtype=torch.float64)
    torch.testing.assert_close(made, torch.erf(x), rtol=1e-13, atol=1e-15)


def test_every_finite_half_is_read_exactly(js: Run) -> None:
    bits = np.arange(2**16, dtype=np.uint16)
    halves = bits.view(np.float16)
    bits, halves = bits[np.isfinite(halves)], halves[np.isfinite(halves)]
    assert js("return data.bits.map(math.half);", bits=bits.tolist()) == halves.astype(float).tolist()


def test_log_density_is_that_of_the_standard_normal(js: Run) -> None:
    z = torch.randn(50, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(1)) * 3
    exact = torch.distributions.Normal(0.0, 1.0).log_prob(z).sum(-1)
    made = torch.tensor(js("return data.z.map(math.logNormal);", z=z.tolist()), dtype=torch.float64)
    torch.testing.assert_close(made, exact, rtol=1e-13, atol=1e-13)


def test_plane_and_pixels_map_onto_each_other_and_stay_inside(js: Run) -> None:
    call = "return data.z.map((z) => math.{}(z, 3.5, 400, 300));"
    assert js(call.format("toPixel"), z=[[-3.5, 3.5], [0, 0], [3.5, -3.5]]) == [[0, 0], [200, 150], [400, 300]]
    assert js(call.format("toPlane"), z=[[0, 0], [200, 150], [999, -50]]) == [[-3.5, 3.5], [0, 0], [3.5, 3.5]]
    z = (7 * torch.rand(20, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(2)) - 3.5).tolist()
    there = js(call.format("toPixel"), z=z)
    torch.testing.assert_close(torch.tensor(js(call.format("toPlane"), z=there)), torch.tensor(z))


def test_nearest_code_is_the_argmin_of_the_distances_among_shown_classes(js: Run) -> None:
    generator = torch.Generator().manual_seed(3)
    codes = torch.randn(200, 2, dtype=torch.float64, generator=generator)
    labels = torch.randint(0, 4, (200,), generator=generator)
    z = torch.tensor([[0.3, -1.2]], dtype=torch.float64)
    call = "return data.shown.map((s) => math.nearest(data.z, data.codes.flat(), data.labels, new Set(s)));"
    made = js(call, z=z[0].tolist(), codes=codes.tolist(), labels=labels.tolist(), shown=[[0, 1, 2, 3], [2], []])
    for classes, found in zip([[0, 1, 2, 3], [2]], made[:2], strict=True):
        hidden = ~torch.isin(labels, torch.tensor(classes))
        distance = torch.cdist(z, codes)[0].masked_fill(hidden, torch.inf)
        assert found["index"] == int(distance.argmin())
        assert found["distance"] == pytest.approx(float(distance.min()), abs=1e-12)
    assert made[2]["index"] == -1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"weights": b""}, "“weights” holds 0 bytes, expected 6"),
        ({"biases": b"\0" * 7}, "“biases” holds 7 bytes, expected 8"),
        ({"scales": np.array([1, np.nan], "<f4").tobytes()}, "“scales” holds numbers that are not finite"),
        ({"dtype": "int4"}, "no number type “int4”"),
        ({"layers": [[3, 2, "swish"]]}, "no activation “swish”"),
    ],
)
def test_damaged_weights_are_reported(js: Run, change: dict[str, Any], message: str) -> None:
    sound = traits(DecoderWeights(([np.ones((2, 3))], [np.zeros(2)], ["tanh"])))
    body = "try { math.unpackLayers(model); return 'sound'; } catch (error) { return error.message; }"
    assert js(body, **sound) == "sound"
    assert message in js(body, **sound | change)


def test_every_formula_of_the_page_is_exported_for_these_tests(js: Run) -> None:
    declared = set(re.findall(r"^function (\w+)", (JS / "math.js").read_text(encoding="utf-8"), re.MULTILINE))
    exported = set(js("return Object.keys(math);"))
    assert declared - {"readArray"} <= exported
    assert {"toPixel", "toPlane", "nearest", "ACTIVATIONS"} <= exported
    assert set(js("return Object.keys(math.ACTIVATIONS);")) == set(ACTIVATIONS)


def test_front_end_is_small_and_whole() -> None:
    shared = [(JS / name).read_bytes() for name in CourseWidget.shared]
    assert sum(map(len, shared)) <= 15_000
    for kind in CourseWidget.__subclasses__():
        own = (JS / kind.script).read_bytes()
        assert len(own) <= 12_000, kind.__name__
        module = "\n".join((JS / name).read_text(encoding="utf-8") for name in (*kind.shared, *kind.parts, kind.script))
        assert not re.search(r"^import |\bimport\(|https?:|</script|<!--", module, re.MULTILINE), kind.__name__
        assert module.rstrip().endswith("export default defineWidget(build);"), kind.__name__
    for file in JS.iterdir():
        lines = file.read_text(encoding="utf-8").splitlines()
        assert max(map(len, lines)) <= 120 and len(lines) <= (200 if file.name.endswith(".css") else 150), file.name


def test_inks_and_class_colours_stand_out_from_the_paper_in_both_themes() -> None:
    def luminance(colour: str) -> float:
        channels = np.array(colour.split(), float) / 255
        linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
        return float(linear @ [0.2126, 0.7152, 0.0722])

    declared = re.findall(
        r"--vk-(paper|ink|muted|accent|c\d): ([\d ]+);", (JS / "widgets.css").read_text(encoding="utf-8")
    )
    themes = dict(declared[:14]), dict(declared[14:])
    for theme in themes:
        paper = luminance(theme.pop("paper"))
        assert len(theme) == 13
        for name, colour in theme.items():
            light, dark = sorted((luminance(colour), paper), reverse=True)
            assert (light + 0.05) / (dark + 0.05) >= 4.5, name


def test_texts_are_the_same_for_equal_widgets() -> None:
    first, second = explorer(), explorer()
    assert first.model_id != second.model_id and repr(first) == repr(second)
    assert repr(first) == "LatentExplorer(weights=DecoderWeights(2-4, int8), codes=3, image_shape=(2, 2))"
    assert first._repr_mimebundle_()[0]["text/plain"] == repr(first)
