from __future__ import annotations

import copy

import pytest
import torch

from kmnist_model import build
from kmnist_model.network import REGISTRY, fingerprint, fuse, restrict

PARAMETERS = {  # with 11 outputs
    "preact_resnet20": 1_083_755,
    "preact_resnet18": 2_796_395,
    "resnet18": 11_173_323,
    "resnet34": 21_281_483,
    "resnet50": 23_521_739,
    "resnet18_stock": 11_175_883,
    "resnet34_stock": 21_284_043,
    "resnet50_stock": 23_524_299,
}


def _parameters(network: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def test_every_network_is_counted() -> None:
    assert REGISTRY.keys() == PARAMETERS.keys()


@pytest.mark.parametrize("name", REGISTRY)
def test_parameters_and_output(name: str) -> None:
    network = build(name, 11).eval()
    assert _parameters(network) == PARAMETERS[name]
    with torch.inference_mode():
        logits = network(torch.zeros(2, 1, 28, 28))
    assert logits.shape == (2, 11)
    assert torch.isfinite(logits).all()


@pytest.mark.parametrize(("width", "classes", "parameters"), [(4, 11, 17_431), (16, 11, 272_059), (32, 3833, 1_576_793)])
def test_width_and_classes_are_free(width: int, classes: int, parameters: int) -> None:
    assert _parameters(build("preact_resnet20", classes, width)) == parameters


def test_features_lie_under_the_head(network: torch.nn.Module) -> None:
    inks = torch.rand(3, 1, 28, 28)
    with torch.inference_mode():
        features = network.features(inks)
        assert features.shape == (3, 16)
        torch.testing.assert_close(network.head(features), network(inks))


def test_fusing_changes_no_answer(network: torch.nn.Module) -> None:
    generator = torch.Generator().manual_seed(0)
    for name, value in network.named_buffers():  # as after training: norms that do something
        if name.endswith(("running_mean", "running_var")):
            value.copy_(torch.rand(value.shape, generator=generator) + 0.5)
    inks = torch.rand(32, 1, 28, 28, generator=generator)
    with torch.inference_mode():
        before = network(inks)
        after = fuse(network)(inks)
    assert before.std() > 0.01
    torch.testing.assert_close(after, before, rtol=1e-4, atol=1e-4)
    assert not any(isinstance(block.norm2, torch.nn.BatchNorm2d) for block in fuse(network).body)


def test_fusing_leaves_the_network_as_it_is(network: torch.nn.Module) -> None:
    network.train()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    fused = fuse(network)
    assert network.training
    assert not fused.training
    after = network.state_dict()
    assert list(after) == list(before)
    assert all(torch.equal(after[name], value) for name, value in before.items())
    assert {value.data_ptr() for value in after.values()}.isdisjoint(value.data_ptr() for value in fused.state_dict().values())


@pytest.mark.parametrize(
    ("name", "classes", "width", "message"),
    [
        ("resnet20", 10, None, r"No network is called 'resnet20': choose one of preact_resnet20, .*\."),
        ("", 10, None, "No network is called ''"),
        ("resnet18", 10, 32, "fixed width"),
        ("preact_resnet20", 0, None, "at least one class"),
    ],
)
def test_what_cannot_be_built_is_refused(name: str, classes: int, width: int | None, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        build(name, classes, width)


@pytest.mark.parametrize("name", ["preact_resnet20", "resnet18"])
def test_a_restricted_network_has_only_the_chosen_outputs(name: str) -> None:
    whole = build(name, 11).eval()
    few = restrict(whole, [7, 0, 10])
    inks = torch.rand(2, 1, 28, 28)
    with torch.inference_mode():
        assert whole(inks).shape == (2, 11)
        torch.testing.assert_close(few(inks), whole(inks)[:, [7, 0, 10]])
    assert not few.training


def test_a_fingerprint_stays_when_weights_are_fused_restricted_or_halved(network: torch.nn.Module) -> None:
    own = fingerprint(network)
    assert len(own) == 16
    assert fingerprint(restrict(fuse(network), [2, 0])) == own
    assert fingerprint(copy.deepcopy(network).half().float()) == own
    assert fingerprint(build("preact_resnet20", 11, 4)) != own
    assert fingerprint(build("resnet18", 11)) == ""
