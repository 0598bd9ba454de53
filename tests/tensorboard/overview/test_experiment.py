"""The HParams tab of any sweep: what varies comes first, also of older sweeps, grown ones and several together."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from tensorboard.backend.event_processing.data_provider import MultiplexerDataProvider
from tensorboard.backend.event_processing.plugin_event_multiplexer import EventMultiplexer
from tensorboard.context import RequestContext
from tensorboard.plugins.base_plugin import TBContext
from tensorboard.plugins.hparams import api_pb2, backend_context
from torch.utils.tensorboard import SummaryWriter
from torch.utils.tensorboard.summary import hparams as lightnings_summaries

from rnnlab.records.folder import RunFolder
from rnnlab.tensorboard.overview.experiment import FILE, TICKED, describe_sweep, metric_columns
from rnnlab.tensorboard.overview.first_page import pinned_tags
from rnnlab.tensorboard.overview.hparams_tab import RunsContext
from rnnlab.training.loggers import RunTensorBoard
from rnnlab.training.outputs.hparams import flat_hparams, settings
from run_folders import LANGUAGE_MODEL, write_run_folder

TEST = {"test/loss": 2.0, "test/accuracy": 0.3, "test/perplexity": 7.0}


def new_run(under: Path, cell: str, hidden_size: int, sweep: str = "grown", **more: Any) -> RunFolder:
    """A finished run with the event file that this version writes."""
    folder = RunFolder(write_run_folder(cell, 2.0, hidden_size=hidden_size, sweep=sweep, under=under, **more))
    config, summary = folder.read_config(), folder.read_summary()
    assert config and summary
    summary["metrics"]["test"] = TEST
    folder.write_summary(summary)
    logger = RunTensorBoard(str(folder.path))
    logger.log_settings(settings(config, flat_hparams(config, 1_000)))
    logger.log_metrics({"val_best/loss": 2.0, "train/loss": 1.9, "val/loss": 2.0, **TEST}, 7)
    logger.close()
    return folder


def old_run(under: Path, cell: str, hidden_size: int, **more: Any) -> RunFolder:
    """A finished run as rnnlab 0.1.0 left it: Lightning wrote the description of an experiment into every run."""
    folder = RunFolder(write_run_folder(cell, 2.0, hidden_size=hidden_size, sweep="grown", under=under, **more))
    config = folder.read_config()
    assert config
    figures = {"hp/best_val_loss": 2.0, "hp/test_loss": 2.0}
    writer = SummaryWriter(str(folder.path))
    for summary in lightnings_summaries(flat_hparams(config, 1_000), figures):
        writer._get_file_writer().add_summary(summary)
    for tag, value in {**figures, **TEST}.items():
        writer.add_scalar(tag, value, 0)
    writer.close()
    return folder


def described(folder: Path, kind: type[backend_context.Context] = RunsContext) -> tuple[Mapping[str, Any], list[str]]:
    """The settings of the tab in its order, and the tags of its metrics: what TensorBoard says that reads a folder."""
    multiplexer = EventMultiplexer()
    multiplexer.AddRunsFromDirectory(str(folder))
    multiplexer.Reload()
    provider = MultiplexerDataProvider(multiplexer, str(folder))
    context = kind(TBContext(data_provider=provider, logdir=str(folder)))
    contents = context.hparams_metadata(RequestContext(), "")
    experiment = context.experiment_from_metadata(RequestContext(), "", True, contents, None)
    return {info.name: info for info in experiment.hparam_infos}, [info.name.tag for info in experiment.metric_infos]


def differing(infos: Mapping[str, Any]) -> list[str]:
    names = [name for name, info in infos.items() if info.differs]
    assert list(infos)[: len(names)] == names
    return names


def values(info: Any) -> list[Any]:
    return [getattr(value, value.WhichOneof("kind")) for value in info.domain_discrete.values]


def test_a_sweep_is_described_by_what_it_varies_whoever_reads_it(tmp_path: Path) -> None:
    """`rnnlab tensorboard`, and `tensorboard --logdir runs/SWEEP` by the file in the sweep's folder."""
    for cell in ("gru", "lstm"):
        for size in (8, 32):
            new_run(tmp_path, cell, size, changes={"optimizer": {"weight_decay": size / 100}})
    describe_sweep(tmp_path / "grown")
    for kind in (RunsContext, backend_context.Context):
        infos, metrics = described(tmp_path / "grown", kind)
        assert set(differing(infos)) == {"cell", "hidden_size", "optimizer.weight_decay"}
        assert values(infos["cell"]) == ["gru", "lstm"] and values(infos["hidden_size"]) == [8, 32]
        assert infos["hidden_size"].type == api_pb2.DATA_TYPE_FLOAT64
        assert metrics == ["val_best/loss", "test/loss", "test/perplexity", "test/accuracy"]


def test_every_run_of_0_1_0_describes_an_experiment_and_none_decides(tmp_path: Path) -> None:
    """Their folders know settings that they told TensorBoard nothing of."""
    for cell in ("gru", "lstm"):
        for scheduler in ("one_cycle", "cosine"):
            old_run(tmp_path, cell, 8, suffix=scheduler, changes={"scheduler": {"name": scheduler}})
    infos, metrics = described(tmp_path / "grown")
    assert differing(infos) == ["cell", "scheduler.name"]
    assert metrics == ["hp/best_val_loss", "test/loss", "test/perplexity", "test/accuracy"]


def test_a_sweep_that_grows_is_described_anew(tmp_path: Path) -> None:
    old_run(tmp_path, "gru", 8)
    new_run(tmp_path, "gru", 16)
    infos, metrics = described(tmp_path / "grown")
    assert differing(infos) == ["hidden_size"]
    assert not any("best" in tag for tag in metrics[:3])  # runs of 0.1.0 call it otherwise
    new_run(tmp_path, "rnn", 16)
    describe_sweep(tmp_path / "grown")
    assert set(differing(described(tmp_path / "grown")[0])) == {"cell", "hidden_size"}
    before = (tmp_path / "grown" / FILE).read_bytes()
    describe_sweep(tmp_path / "grown")
    assert (tmp_path / "grown" / FILE).read_bytes() == before


def test_several_sweeps_are_compared_by_what_varies_among_all(tmp_path: Path) -> None:
    new_run(tmp_path, "gru", 8, sweep="first")
    new_run(tmp_path, "gru", 16, sweep="second", seed=1)
    for sweep in ("first", "second"):
        describe_sweep(tmp_path / sweep)
    assert differing(described(tmp_path)[0]) == ["hidden_size", "seed"]


def test_many_numbers_have_an_interval_and_a_setting_that_may_be_none_is_a_text(tmp_path: Path) -> None:
    for number in range(12):
        limit = {"max_epochs": 4, "gradient_clip_val": None if number % 2 else 0.5}
        new_run(tmp_path, "gru", 8 + number, changes={"trainer": limit})
    infos, _ = described(tmp_path / "grown")
    assert (infos["hidden_size"].domain_interval.min_value, infos["hidden_size"].domain_interval.max_value) == (8, 19)
    assert values(infos["trainer.gradient_clip_val"]) == ["0.5", "none"]


def test_metrics_that_some_runs_lack_stand_behind_five_that_all_have() -> None:
    everywhere = {"val_best/loss", "test/loss", "train/loss", "val/loss", "workload/tokens_per_second"}
    columns = metric_columns([LANGUAGE_MODEL], [everywhere, {*everywhere, "test/perplexity"}])
    assert set(columns[:TICKED]) == everywhere and columns[TICKED:] == ["test/perplexity"]


def test_the_first_page_has_the_metrics_of_every_task_in_turn(tmp_path: Path) -> None:
    new_run(tmp_path, "gru", 8, sweep="first")
    assert pinned_tags([tmp_path / "first"]) == ["val/loss", "train/loss", "val/perplexity", "val/accuracy"]
    assert pinned_tags([tmp_path / "none"]) == ["val/loss", "train/loss"]


@pytest.mark.parametrize("damage", ["not: [YAML", ""])
def test_a_run_whose_configuration_is_damaged_keeps_its_row(tmp_path: Path, damage: str) -> None:
    old_run(tmp_path, "gru", 8)
    old_run(tmp_path, "lstm", 8).config.write_text(damage)
    assert differing(described(tmp_path / "grown")[0]) == ["cell"]
