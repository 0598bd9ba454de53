"""A sweep's runs are composed together as Hydra composes each of them alone."""

from __future__ import annotations

from hydra.core.config_loader import ConfigLoader
from hydra.types import RunMode

from rnnlab.config.compose import compose_jobs, compose_train, hydra_in, plain

COMMON = ["debug=fast", "+callbacks.mine.x=3", "~callbacks.samples"]
RUNS = [
    [*COMMON, "cell=gru", "model.hidden_size=16", "optimizer=sgd", "seed=0", "sweep=a"],
    [*COMMON, "model.hidden_size=32", "cell=gru", "optimizer=sgd", "seed=1", "sweep=a"],
    [*COMMON, "cell=lstm", "model.hidden_size=16", "optimizer.lr=1e-2", "optimizer=adamw", "data.limit=50"],
    [*COMMON, "task=chars", "data=shakespeare", "data.limit=70", "model={hidden_size: 5, dropout: 0.5}"],
]


def test_the_runs_of_a_sweep_are_what_hydra_composes_for_each_of_them() -> None:
    alone = [plain(compose_train(words)[1]) for words in RUNS]
    with hydra_in("train") as hydra:
        assert hydra.hydra is not None
        loader: ConfigLoader = hydra.hydra.config_loader
        master = hydra.hydra.compose_config("train", [], RunMode.MULTIRUN, from_shell=False)
        assert compose_jobs(loader, master, RUNS) == alone
