"""From run folders to an answer, without torch, Lightning or Hydra.

Where things are, in the order in which results flow:

- `sources`, `runs`, `missing`: which folders are meant, what each says, what is not there.
- `configurations`, `ranking`, `factors`, `efficiency`, `statistics`: runs grouped over seeds, ranked and compared.
- `wording`, `findings`, `enough`: that in words; `compare` puts it all together as a `Comparison`.
- `charts`, `curves`, `drawn`: figures as plain values, and which of them a comparison gives; `figures` draws them for
  paper, `interactive` and `plotly_*` for the page.
- `table`, `render`, `factor_tables`, `page`, `page_table`, `template/`: results.csv, the terminal, Markdown, the page.
- `write`, `readme`, `new_study`: the files of a report, of a study, and their index.
- `answers`, `examples`, `provenance`: what the best models say or make up, and what they were made with.
- `frames`: runs and curves for notebooks; `status`: how far a sweep is; `search`: what a search found.
"""
