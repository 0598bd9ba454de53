"""The report of a search: its history, and the importance of the parameters.

Both are drawn here and are no values of `charts`: they are PNGs beside search.md and on no page, and no other report
needs dots with steps or bars with numbers.
"""

from __future__ import annotations

import io
import math
import warnings
from collections import Counter
from collections.abc import Callable
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rnnlab.charts.palette import colour
from rnnlab.charts.paper import DPI, INCHES
from rnnlab.control_characters import shown
from rnnlab.records.folder import write_atomically

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from optuna.study import Study

TEXT, HISTORY, IMPORTANCE = "search.md", "search-history.png", "search-importance.png"
LEAST_TRIALS = 10  # complete trials from which an importance says something


def write_search(study: Study, folder: Path, metric: str) -> None:
    """Write search.md and its figures into a folder; the same trials give the same bytes.

    Args:
        study: Optuna's study, with at least one complete trial.
        folder: Such as `runs/SWEEP/report`.
        metric: The metric that was optimised.
    """
    write_atomically(folder / HISTORY, _picture(lambda axes: _draw_history(axes, study, metric)))
    importance = _importance(study)
    if importance:
        write_atomically(folder / IMPORTANCE, _picture(lambda axes: _draw_importance(axes, importance)))
    write_atomically(folder / TEXT, _text(study, metric, importance))


def _text(study: Study, metric: str, importance: dict[str, float]) -> str:
    trials = study.trials
    states = Counter(trial.state.name.lower() for trial in trials)
    best = study.best_trial
    values = ", ".join(f"`{key}={_plain(value)}`" for key, value in best.params.items())
    lines = [
        f"The search did {len(trials)} trials ({', '.join(f'{n} {state}' for state, n in states.items())})."
        f" Its best is trial {best.number}, {metric} {best.value:.4f}, with {values}.",
        f"![History of the search]({HISTORY})",
        f"Every trial, and the best {metric} so far; one that was given up stands at its last validation.",
    ]
    if importance:
        lines += [
            f"![Importance of what was searched over]({IMPORTANCE})",
            "How much each value tells the better tenth of the complete trials from all of them (PED-ANOVA, Watanabe"
            " et al. 2023); the shares sum to 1.",
        ]
    return shown("\n\n".join(lines) + "\n")


def _importance(study: Study) -> dict[str, float]:
    """Return the importance of each parameter; empty where too few trials are complete or all values are equal."""
    from optuna.exceptions import ExperimentalWarning
    from optuna.importance import PedAnovaImportanceEvaluator, get_param_importances
    from optuna.trial import TrialState

    complete = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    if len(complete) < LEAST_TRIALS or len({trial.value for trial in complete}) < 2:
        return {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        shares = get_param_importances(study, evaluator=PedAnovaImportanceEvaluator())
    return {key: share for key, share in shares.items() if math.isfinite(share)}


def _draw_history(axes: Axes, study: Study, metric: str) -> None:
    complete, pruned = (
        [(trial.number, trial.value) for trial in study.trials if trial.state.name == state and trial.value is not None]
        for state in ("COMPLETE", "PRUNED")
    )
    better = min if study.direction.name == "MINIMIZE" else max
    if pruned:  # Optuna gives it the value of its last validation
        x, y = zip(*pruned, strict=True)
        axes.scatter(x, y, s=18, facecolors="none", edgecolors="#777777", label="given up")
    numbers, values = zip(*complete, strict=True)
    axes.scatter(numbers, values, s=18, color=colour(0), label="complete", zorder=3)
    axes.step(numbers, list(accumulate(values, better)), where="post", color=colour(1), label="best so far")
    axes.set_xlabel("trial")
    axes.set_ylabel(metric)
    axes.grid(axis="y", color="#DDDDDD", linewidth=0.6)
    axes.legend(frameon=False)


def _draw_importance(axes: Axes, importance: dict[str, float]) -> None:
    keys = sorted(importance, key=lambda key: importance[key])
    bars = axes.barh(keys, [importance[key] for key in keys], color=colour(0), height=0.6)
    axes.bar_label(bars, fmt="%.2f", padding=4)
    axes.set_xlabel("importance")
    axes.margins(x=0.12)


def _picture(draw: Callable[[Axes], None]) -> bytes:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=INCHES, dpi=DPI, layout="constrained")
    canvas = FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    draw(axes)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    stream = io.BytesIO()
    canvas.print_figure(stream, format="png", metadata={"Software": None})
    return stream.getvalue()


def _plain(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
