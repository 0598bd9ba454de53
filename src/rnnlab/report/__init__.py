"""Reports: a comparison in words, tables and figures, without torch, Lightning or Hydra.

- `write`: the files of a report.
- `wording`, `findings`, `status`: results in words.
- `tables`: the columns of tables, and their writers.
- `render`, `page`, `template/`: the terminal, Markdown, the page.
- `figures/`: a file for each figure; an option of conf/figure/ names its function, also a plugin's.
- `answers`, `examples`: predictions and samples of the best models.
- `search`: the history of a search.
"""
