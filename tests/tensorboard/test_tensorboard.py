"""TensorBoard as a user opens it: a real server on finished sweeps, read through its HTTP interface."""

from __future__ import annotations

import json
import re
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from playwright.sync_api import Browser, expect

from board import CLASSES, Server
from browser import opened

KEYS = {
    "task",
    "data",
    "cell",
    "hidden_size",
    "num_layers",
    "embedding_size",
    "sequence_length",
    "dropout",
    "lr",
    "batch_size",
    "seed",
    "parameters",
}
EVERYWHERE = {
    "train/loss",
    "val/loss",
    "test/loss",
    "train/loss_step",
    "train/lr",
    "workload/tokens_per_second",
    "workload/peak_memory_mb",
    "workload/padding",
    "val_best/loss",
}
PROBED = {
    "gradient_norm/before_clipping",
    "gradient_norm/after_clipping",
    "gradient_flow/first",
    "gradient_flow/last",
    "gradient_flow/first_to_last",
}


@pytest.fixture(scope="module")
def small(server: Server) -> list[str]:
    """The four runs of names without probes."""
    return sorted(run for run in server.ask("runs") if run.startswith("small/"))


@pytest.fixture(scope="module")
def lstm(server: Server) -> str:
    """The run of names with probes."""
    return next(run for run in server.ask("runs") if run.startswith("probed/lstm"))


@pytest.fixture(scope="module")
def gru(server: Server) -> str:
    """The run of a classifier with probes."""
    return next(run for run in server.ask("runs") if run.startswith("probed/gru"))


def folder_of(run: str, sweep_folder: Path, probed_folder: Path) -> Path:
    return (sweep_folder if run.startswith("small/") else probed_folder) / "runs" / run


def test_the_command_says_where_it_is_and_where_hyperparameters_are(server: Server) -> None:
    first, second, third = server.output.splitlines()
    assert first == f"TensorBoard on runs/small, runs/probed: {server.address}"
    assert second.endswith(f": {server.address}#hparams") and "Ctrl-C" in third


def session_groups(server: Server) -> list[dict[str, Any]]:
    metrics = [{"metric": {"group": "", "tag": tag}} for tag in ("val_best/loss", "test/loss")]
    body = {
        "experimentName": "",
        "allowedStatuses": ["STATUS_UNKNOWN", "STATUS_SUCCESS", "STATUS_FAILURE", "STATUS_RUNNING"],
        "colParams": metrics,
        "startIndex": 0,
        "sliceSize": 100,
    }
    names: list[dict[str, Any]] = server.await_(
        lambda: server.ask("plugin/hparams/session_groups", body)["sessionGroups"],
        lambda groups: len(groups) == 6 and all(len(group["metricValues"]) >= 2 for group in groups),
    )
    return names


def test_the_hparams_tab_has_every_run_with_every_key_and_real_values(
    server: Server, sweep_folder: Path, probed_folder: Path
) -> None:
    files = chain(sweep_folder.glob("runs/small/*/summary.json"), probed_folder.glob("runs/probed/*/summary.json"))
    summaries = [json.loads(file.read_text()) for file in files]
    expected = {
        (s["hparams"]["task"], s["hparams"]["hidden_size"], s["hparams"]["cell"], s["hparams"]["seed"]): (
            s["metrics"]["best"]["val/loss"],
            s["metrics"]["test"]["test/loss"],
        )
        for s in summaries
    }
    for group in session_groups(server):
        hparams = group["hparams"]
        assert set(hparams) >= KEYS
        values = {metric["name"]["tag"]: metric["value"] for metric in group["metricValues"]}
        assert {"val_best/loss", "test/loss"} <= set(values)
        best, test = expected.pop(tuple(hparams[key] for key in ("task", "hidden_size", "cell", "seed")))
        assert values["val_best/loss"] == pytest.approx(best, rel=1e-6)
        assert values["test/loss"] == pytest.approx(test, rel=1e-6)
    assert not expected


def described(server: Server) -> tuple[dict[str, Any], list[str]]:
    """The settings of the HParams tab, in its order, and the tags of its metrics."""
    session_groups(server)
    experiment = server.ask("plugin/hparams/experiment", {"experimentName": ""})
    return (
        {info["name"]: info for info in experiment["hparamInfos"]},
        [info["name"]["tag"] for info in experiment["metricInfos"]],
    )


def test_the_hparams_have_the_types_that_sliders_and_menus_need(server: Server) -> None:
    infos, _ = described(server)
    texts = {name for name in KEYS if infos[name]["type"] == "DATA_TYPE_STRING"}
    assert texts == {"task", "data", "cell"}
    assert all(infos[name]["type"] == "DATA_TYPE_FLOAT64" for name in KEYS - texts)
    assert infos["hidden_size"]["domainDiscrete"] == [8, 96]


def test_what_varies_and_every_run_has_comes_first(server: Server) -> None:
    """In two sweeps of two tasks; of metrics, those that every run has, which parallel coordinates need."""
    infos, metrics = described(server)
    names = list(infos)
    assert set(names[:5]) == {"task", "cell", "hidden_size", "num_layers", "data.limit"}
    assert all(infos[name]["differs"] for name in names[:5])
    assert names.index("embedding_size") > 4, "another for each task, it comes behind what was chosen"
    assert "parameters" in names[names.index("seed") :]
    scalars = server.plugin("scalars/tags")
    runs = [group["name"] for group in session_groups(server)]
    assert metrics[:3] == ["val_best/loss", "test/loss", "test/accuracy"]
    assert all(tag in scalars[run] for tag in metrics[:5] for run in runs)
    assert {"test/perplexity", "test/f1"} <= set(metrics[5:])


def test_every_task_has_the_same_curves(server: Server, small: list[str], lstm: str, gru: str) -> None:
    tags = {run: set(names) for run, names in server.plugin("scalars/tags").items()}
    assert len(tags) == 6 and all(names >= EVERYWHERE for names in tags.values())
    assert all(tags[run] >= PROBED for run in (lstm, gru))
    assert not any(tags[run] & PROBED for run in small)
    gates = {tag for tag in tags[gru] if tag.startswith("gates_")}
    assert gates == {
        f"gates_{how}/layer{layer}_{gate}"
        for how in ("shut", "wide_open")
        for layer in (1, 2)
        for gate in ("reset", "update")
    }


def test_training_and_validation_loss_are_in_one_chart_whatever_the_run(server: Server, small: list[str]) -> None:
    category, metrics = server.plugin("custom_scalars/layout")["category"]
    assert (category["title"], metrics["title"]) == ("Training", "Metrics")
    assert [entry["title"] for entry in metrics["chart"]] == [
        "Validation accuracy",
        "Validation f1",
    ]  # the classifier's
    (chart,) = (entry for entry in category["chart"] if entry["title"] == "Loss, training and validation")
    assert len({entry["title"] for entry in category["chart"]}) == len(category["chart"])
    for run in small:
        curves = {
            tag
            for pattern in chart["multiline"]["tag"]
            for tag in server.plugin("custom_scalars/scalars", run=run, tag=pattern)["tag_to_events"]
        }
        assert curves == {"train/loss", "val/loss", "val_chance/loss"}


def test_chance_is_a_horizontal_line(server: Server, small: list[str], gru: str) -> None:
    for run, tag in ((small[0], "val_chance/loss"), (gru, "val_chance/accuracy")):
        start, end = server.plugin("scalars/scalars", run=run, tag=tag)  # [wall time, step, value] of each
        assert start[1] == 0 and end[1] >= 4 and start[2] == end[2] > 0


def test_samples_are_there_for_every_epoch_of_a_generating_model(server: Server, lstm: str, gru: str) -> None:
    texts = server.plugin("text/tags")
    assert sum("samples/text_summary" in tags for tags in texts.values()) == 5
    assert "samples/text_summary" not in texts.get(gru, [])
    samples = server.plugin("text/text", run=lstm, tag="samples/text_summary")
    assert len(samples) == 2 and [sample["step"] for sample in samples] == [1, 2]
    blocks = [re.search("<pre><code>(.*?)</code></pre>", sample["text"], flags=re.DOTALL) for sample in samples]
    assert all(block and len(block[1].splitlines()) == 10 for block in blocks)


def test_the_projector_has_the_best_weights_with_their_symbols(
    server: Server, sweep_folder: Path, probed_folder: Path
) -> None:
    runs = server.plugin("projector/runs")
    assert len(runs) == 6
    for run in runs:
        (embedding,) = server.plugin("projector/info", run=run)["embeddings"]
        rows, columns = embedding["tensorShape"]
        place = {"run": run, "name": embedding["tensorName"], "num_rows": "10000"}
        labels = server.read("plugin/projector/metadata", **place).decode().splitlines()
        table = np.frombuffer(server.read("plugin/projector/tensor", **place), dtype=np.float32)
        best = folder_of(run, sweep_folder, probed_folder) / "checkpoints" / "best.ckpt"
        checkpoint = torch.load(best, weights_only=True)
        assert labels == checkpoint["rnnlab"]["vocabulary"]["symbols"]
        assert np.allclose(table.reshape(rows, columns), checkpoint["state_dict"]["embedding.weight"], rtol=1e-3)


def test_the_graph_of_every_network_is_drawn(server: Server, lstm: str, gru: str) -> None:
    info = server.plugin("graphs/info")
    assert len(info) == 6 and all(entry["run_graph"] for entry in info.values())
    for run, task, encoder in ((lstm, "NamesLM", "LSTM"), (gru, "SentimentClassifier", "GRU")):
        graph = server.read("plugin/graphs/graph", run=run, conceptual="false").decode()
        for layer in ("Embedding[embedding]", f"{encoder}[encoder]", "Linear[head]"):
            assert f"{task}/{layer}" in graph


def test_histograms_of_weights_and_gradients_are_there_where_they_are_on(server: Server, lstm: str, gru: str) -> None:
    tags = server.plugin("histograms/tags")
    assert set(tags) == {lstm, gru}
    for run in tags:
        for name in ("embedding.weight", "encoder.layers.weight_hh_l1", "head.bias"):
            assert {f"weights/{name}", f"gradients/{name}"} <= set(tags[run])
    assert len(server.plugin("histograms/histograms", run=lstm, tag="gradients/head.bias")) == 2


def test_a_classifier_has_precision_recall_curves_of_every_class(server: Server, gru: str) -> None:
    tags = server.plugin("pr_curves/tags")
    expected = {f"precision_recall_{part}/{label}" for part in ("val", "test") for label in CLASSES.values()}
    assert {run: set(names) for run, names in tags.items() if names} == {gru: expected}
    (curves,) = server.plugin("pr_curves/pr_curves", run=gru, tag="precision_recall_val/good").values()
    assert len(curves) == 2
    for curve in curves:
        assert curve["recall"][0] == 1 and all(0 <= share <= 1 for share in curve["precision"])
        assert curve["true_positives"][0] + curve["false_positives"][0] == 12  # texts of the validation part


def test_figures_are_there_for_every_validation(server: Server, small: list[str], lstm: str, gru: str) -> None:
    tags = {run: set(names) for run, names in server.plugin("images/tags").items()}
    figures = {"gradient_flow", "hidden_states", "saliency", "embedding", "gates"}
    assert tags == {lstm: figures, gru: figures | {"confusion_matrix/val", "confusion_matrix/test"}}
    for tag in figures:  # and before training
        pictures = server.plugin("images/images", run=lstm, tag=tag, sample="0")
        assert [picture["step"] for picture in pictures] == [0, 1, 2]  # epochs
        query = dict(pair.split("=") for pair in pictures[-1]["query"].split("&"))
        assert server.read("plugin/images/individualImage", **query).startswith(b"\x89PNG")


def test_the_hparams_tab_shows_every_run_in_table_and_parallel_coordinates(server: Server, browser: Browser) -> None:
    with opened(browser, f"{server.address}#hparams") as tab:
        rows = (
            tab.page.locator("tf-hparams-table-view vaadin-grid")
            .get_by_text("probed/")
            .or_(tab.page.locator("tf-hparams-table-view vaadin-grid").get_by_text("small/"))
        )
        expect(rows).to_have_count(6, timeout=60_000)
        ticked = tab.page.locator("tf-hparams-query-pane .hparam-checkbox[aria-checked=true]")
        assert {text.strip() for text in ticked.all_inner_texts()} >= {"task", "cell", "hidden_size", "num_layers"}
        tab.page.get_by_text("Parallel Coordinates View").click()
        lines = tab.page.locator("tf-hparams-parallel-coords-plot .foreground path")
        expect(lines).to_have_count(6, timeout=60_000)
        assert all(line.get_attribute("d") for line in lines.all())
        assert tab.errors == []


def test_the_first_page_opens_with_the_losses_and_the_metrics_of_the_tasks(server: Server, browser: Browser) -> None:
    with opened(browser, server.address) as tab:
        pinned = tab.page.locator("metrics-pinned-view card-view")
        expect(pinned).to_have_count(6, timeout=60_000)
        titles = ["".join(text.split()) for text in pinned.all_inner_texts()]
        assert titles[0].startswith("val/loss") and titles[1].startswith("train/loss")
        assert any(title.startswith("val/accuracy") for title in titles)
        groups = tab.page.locator("metrics-card-group-toolbar .group-title, metrics-card-groups .group-title")
        expect(groups.first).to_be_visible()
        assert [text for text in groups.all_inner_texts() if text.strip()][-1].startswith(("weights", "workload"))
        assert tab.errors == []


def test_the_images_tab_shows_pictures(server: Server, browser: Browser) -> None:
    with opened(browser, f"{server.address}#images") as tab:
        picture = tab.page.locator("tf-image-loader img").first
        expect(picture).to_be_visible(timeout=60_000)
        assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") > 300
        assert tab.errors == []
